// GitHub's own description of its REST API, cut to the operations that are in use: the whole takes Prism more
// than a minute to read. Schemas, parameters and examples are GitHub's, but for what is said below.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const REPOSITORY = "/repos/{owner}/{repo}";

export const OPERATIONS = [
  ["get", "/user"],
  ["get", "/user/emails"],
  ["get", "/user/repos"],
  ["get", "/search/issues"],
  ["get", REPOSITORY],
  ["get", `${REPOSITORY}/branches`],
  ["get", `${REPOSITORY}/issues`],
  ["get", `${REPOSITORY}/issues/{issue_number}`],
  ["get", `${REPOSITORY}/issues/{issue_number}/comments`],
  ["get", `${REPOSITORY}/pulls`],
  ["post", `${REPOSITORY}/pulls`],
  ["get", `${REPOSITORY}/pulls/{pull_number}`],
  ["patch", `${REPOSITORY}/pulls/{pull_number}`],
  ["get", `${REPOSITORY}/pulls/{pull_number}/comments`],
  ["get", `${REPOSITORY}/pulls/{pull_number}/reviews`],
  ["get", `${REPOSITORY}/commits/{ref}/check-runs`],
  ["get", `${REPOSITORY}/commits/{ref}/status`],
  ["get", `${REPOSITORY}/check-runs/{check_run_id}/annotations`],
  ["get", `${REPOSITORY}/actions/jobs/{job_id}/logs`],
];

// The description, with `logs` as where a job's log lies.
export function cut(logs) {
  const file = createRequire(import.meta.url).resolve("@octokit/openapi/generated/api.github.com.json");
  const whole = JSON.parse(readFileSync(file, "utf8"));
  const paths = {};
  for (const [method, path] of OPERATIONS) {
    const operation = whole.paths[path]?.[method];
    if (!operation) throw new Error(`GitHub describes no ${method.toUpperCase()} ${path}`);
    // As on a GitHub Enterprise Server, which has the API beside the pages.
    (paths[`/api/v3${path}`] ??= {})[method] = operation;
  }

  // A redirect leads to this machine, and the example of a check has failed in a job: else what is asked of
  // failed checks would not be asked at all.
  const redirect = paths[`/api/v3${REPOSITORY}/actions/jobs/{job_id}/logs`].get.responses["302"];
  redirect.headers.Location.example = logs;
  const [run] = whole.components.examples["check-run-paginated"].value.check_runs;
  run.conclusion = "failure";
  run.app.slug = "github-actions";

  // The examples of issues are pull requests too, which nobody asks for.
  const { issue, "issue-items": items, "issue-search-result-item-paginated": search } = whole.components.examples;
  for (const example of [issue.value, ...items.value, ...search.value.items]) delete example.pull_request;
  // An example that refers to another one is taken by Prism for the reference itself.
  const single = paths[`/api/v3${REPOSITORY}/issues/{issue_number}`].get.responses["200"].content["application/json"];
  single.examples = { default: { $ref: "#/components/examples/issue" } };

  const { openapi, info } = whole;
  return { openapi, info, paths, components: reached(paths, whole.components) };
}

// The components that `start` refers to, and those that they refer to.
function reached(start, components) {
  const found = {};
  const left = [start];
  while (left.length > 0) {
    const value = left.pop();
    if (value === null || typeof value !== "object") continue;
    const [, kind, name] = /^#\/components\/([^/]+)\/([^/]+)$/.exec(value.$ref ?? "") ?? [];
    if (kind && !found[kind]?.[name]) {
      const component = components[kind][name];
      (found[kind] ??= {})[name] = component;
      left.push(component);
    }
    left.push(...Object.values(value));
  }
  return found;
}
