// A GitHub that nobody here wrote: Prism, which answers from GitHub's own description of its API, and refuses
// what that does not allow. It says its address on the first line, and ends with its standard input.

import { createServer as createHttpServer } from "node:http";
import { createLogger } from "@stoplight/prism-core";
import { getHttpOperationsFromSpec } from "@stoplight/prism-http";
import { createServer } from "@stoplight/prism-http-server";
import { cut } from "./cut.js";

process.stdin.on("end", () => process.exit());
process.stdin.resume();

// Where logs lie, which must not be told who asks.
const logs = createHttpServer((request, response) => {
  response.writeHead(request.headers.authorization ? 500 : 200, { "content-type": "text/plain" });
  response.end("2026-01-01T00:00:00.0000000Z ##[error]the tide is out\n");
});
await new Promise((listening) => logs.listen(0, "127.0.0.1", listening));
const description = cut(`http://127.0.0.1:${logs.address().port}/log`);

const operations = await getHttpOperationsFromSpec(description);
const config = {
  mock: { dynamic: false },
  isProxy: false,
  validateRequest: true,
  validateResponse: true,
  checkSecurity: true,
  errors: false,
};
const components = { logger: createLogger("github", { level: "silent" }) };
console.log(await createServer(operations, { cors: false, config, components }).listen(0, "127.0.0.1"));
