// The container engine, asked directly: what a test's agents leave there is taken away again.

import { request } from "node:http";

const SOCKET = (process.env.DOCKER_HOST ?? "unix:///var/run/docker.sock").replace("unix://", "");

/** Removes the containers and volumes of every agent of the data folder `home`. */
export async function removeCells(home) {
  const filters = encodeURIComponent(JSON.stringify({ label: [`dev.anchorhold.home=${home}`] }));
  const containers = await ask("GET", `/containers/json?all=true&filters=${filters}`);
  for (const { Id } of containers) await ask("DELETE", `/containers/${Id}?force=true`);
  const { Volumes } = await ask("GET", `/volumes?filters=${filters}`);
  for (const { Name } of Volumes ?? []) await ask("DELETE", `/volumes/${Name}?force=true`);
}

function ask(method, path) {
  return new Promise((answer, fail) => {
    const asked = request({ socketPath: SOCKET, method, path }, async (response) => {
      let text = "";
      for await (const piece of response) text += piece;
      if (response.statusCode < 400) answer(text ? JSON.parse(text) : null);
      else fail(new Error(`${method} ${path}: status ${response.statusCode}: ${text}`));
    });
    asked.on("error", fail);
    asked.end();
  });
}
