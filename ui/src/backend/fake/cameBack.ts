/** What reviewers and checks of the recording said, and when. */
import type { Feedback } from "../../bindings";

const MINUTE = 60_000;
const first = "5b8e0c3d91fa2647c1d0";

const typecheckLog = `> journal@2.4.0 typecheck
> tsc --noEmit

src/App.tsx(50,17): error TS7006: Parameter 'id' implicitly has an 'any' type.
src/dates.ts(5,16): error TS2345: Argument of type 'string | undefined' is not
  assignable to parameter of type 'string'.

Found 2 errors in 2 files.

Errors  Files
     1  src/App.tsx:50
     1  src/dates.ts:5
Error: Process completed with exit code 2.
`;

type Said = Pick<Feedback, "id" | "kind" | "author" | "title" | "body"> & Partial<Feedback>;

function feedback(at: number, said: Said): Feedback {
  const url = `https://github.com/octo/web/pull/142#${said.id.replace("/", "-")}`;
  return { path: null, line: null, annotations: [], commit: first, url, at, ...said };
}

export function cameBack(now: number): Feedback[] {
  return [
    feedback(now - 38 * MINUTE, {
      id: "check/9071",
      kind: "FAILED_CHECK",
      author: "GitHub Actions",
      title: "typecheck",
      body: typecheckLog,
      annotations: [
        {
          path: "src/App.tsx",
          line: 50,
          level: "failure",
          message: "Parameter 'id' implicitly has an 'any' type.",
        },
        {
          path: "src/dates.ts",
          line: 5,
          level: "warning",
          message: "Argument of type 'string | undefined' is not assignable to parameter of type 'string'.",
        },
      ],
    }),
    feedback(now - 21 * MINUTE, {
      id: "comment/3301",
      kind: "LINE_COMMENT",
      author: "maya-lind",
      title: "The locale is fixed to English here.",
      body: 'The locale is fixed to English here. Can it come from `useLocale()` as in the header?\n\n<b>Not</b> urgent, but the German journal shows "Oct 3, 2026".',
      path: "src/App.tsx",
      line: 15,
    }),
    feedback(now - 20 * MINUTE, {
      id: "comment/3302",
      kind: "LINE_COMMENT",
      author: "maya-lind",
      title: "Props as an interface or a type?",
      body: "Props as an interface or a type? The rest of the code uses types.",
      path: "src/types.ts",
      line: 2,
    }),
    feedback(now - 19 * MINUTE, {
      id: "review/880",
      kind: "REVIEW",
      author: "maya-lind",
      title: "Good direction, two things before this can go in.",
      body: "Good direction, two things before this can go in: the locale, and the type check.",
    }),
  ];
}

export function before(now: number): Feedback[] {
  return [
    feedback(now - 190 * MINUTE, {
      id: "check/8812",
      kind: "FAILED_CHECK",
      author: "GitHub Actions",
      title: "lint",
      body: "src/routes.ts\n  12:3  error  Missing semicolon\n\n✖ 1 problem (1 error, 0 warnings)\n",
    }),
    feedback(now - 189 * MINUTE, {
      id: "check/8813",
      kind: "FAILED_CHECK",
      author: "GitHub Actions",
      title: "links",
      body: "docs/journal.md:14: the server does not answer\n",
    }),
    feedback(now - 185 * MINUTE, {
      id: "comment/3190",
      kind: "LINE_COMMENT",
      author: "tobias-k",
      title: "This shim can go.",
      body: "This shim can go: nothing imports it any more.",
      path: "src/legacy.js",
      line: 1,
    }),
  ];
}
