/** What goes wrong in the demos that are about that. */
import type { Fault } from "../../bindings";

export const noEngine: Fault = {
  code: "engine_stopped",
  message: "connect to Docker: no engine answers at /var/run/docker.sock",
  hint: "start Docker, or install it from docs.docker.com/get-docker",
};

export const folderInUse: Fault = {
  code: "folder_in_use",
  message: "use the data folder /home/octo/.local/share/anchorhold: the desktop app is using it",
  hint: "close that program, or set ANCHORHOLD_HOME to another folder",
};

export const priceUnknown = (model: string): Fault => ({
  code: "price_unknown",
  message: `limit the money of the agent: the price of ${model} is not known`,
  hint: "set a token limit as well",
});

export const nameTaken: Fault = {
  code: "name_taken",
  message: "create the agent: another one is named taken",
  hint: "Choose another name.",
};

export const agentUnknown: Fault = {
  code: "agent_unknown",
  message: "open the agent: there is none with this id",
  hint: "It may have been deleted.",
};
