/** Names a repository in few characters; the whole of it belongs in the title beside it. */

/** Returns `owner/name` for an address, and the last part for a path on this machine, without `.git`. */
export function repositoryName(repository: string): string {
  const whole = repository.trim();
  const address = /^(?:(?!file:)[a-z][a-z+.-]+:\/\/[^/]+\/|[^/@\s]+@[^/:\s]+:)(.+)$/i.exec(whole)?.[1];
  const local = /^(?:file:|[/\\~.]|[a-z]:[/\\])/i.test(whole);
  const parts = (address ?? whole.replace(/^file:/i, "")).split(/[/\\]/).filter(Boolean);
  const name = parts.slice(local ? -1 : -2).join("/");
  return name.replace(/(?<=.)\.git$/, "") || whole;
}
