// Model servers of every wire on one port, by a mock that has nothing to do with this project. It says
// its address on the first line, and ends with its standard input.

import { LLMock } from "@copilotkit/aimock";
import { readFileSync } from "node:fs";

const fixtures = JSON.parse(readFileSync(new URL("fixtures.json", import.meta.url), "utf8"));
const mock = new LLMock({ port: 0, logLevel: "silent", chunkSize: 8, auth: { apiKeys: ["right-key"] } });
for (const { match, response, ...options } of fixtures) mock.on(match, response, options);
await mock.start();
console.log(mock.url);
process.stdin.on("end", () => process.exit());
process.stdin.resume();
