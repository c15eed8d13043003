// A GitHub on this machine, as far as signing in in the browser needs one.

import { once } from "node:events";
import { createServer } from "node:http";

export const CLIENT = "Iv23liTest";
export const SECRET = "planted-91c2-client";

/** Starts it. `consent` does what a user does on its page and returns the link the browser is sent to. */
export async function startGitHub() {
  const grants = new Set();
  let issued = 0;
  const token = () => `ghu_planted-91c2-${issued}`;
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += piece;
    const url = new URL(request.url, "http://stand-in");
    const answer = (status, value, headers = {}) => {
      response.writeHead(status, { "Content-Type": "application/json", ...headers }).end(JSON.stringify(value));
    };
    if (url.pathname === "/login/oauth/authorize") {
      const asked = url.searchParams;
      const code = `planted-91c2-code-${grants.size}`;
      grants.add(code);
      const back = new URL(asked.get("redirect_uri"));
      back.search = new URLSearchParams({ code, state: asked.get("state") }).toString();
      response.writeHead(302, { Location: back.href }).end();
    } else if (url.pathname === "/login/oauth/access_token") {
      const form = new URLSearchParams(body);
      const known = form.get("client_secret") === SECRET && grants.delete(form.get("code"));
      if (!known || !form.get("code_verifier")) return answer(200, { error: "bad_verification_code" });
      issued += 1;
      answer(200, { access_token: token(), expires_in: 28800, refresh_token: `ghr_planted-91c2-${issued}`, token_type: "bearer" });
    } else if (request.headers.authorization !== `Bearer ${token()}`) {
      answer(401, { message: "Bad credentials" });
    } else if (url.pathname === "/api/v3/user") {
      answer(200, { login: "ada", id: 7, name: "Ada Harbour" });
    } else {
      answer(200, []);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const host = `127.0.0.1:${server.address().port}`;
  return {
    host,
    issued: () => issued,
    async consent(address) {
      const response = await fetch(address, { redirect: "manual" });
      return response.headers.get("location");
    },
    async close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
