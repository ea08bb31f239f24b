/** What CHANGELOG.md tells of one version. */
export interface Section {
  /** As the heading has it; `unreleased` until it is. */
  date: string;
  text: string;
}

/** The section of a version in a changelog; undefined if it has none. */
export function sectionOf(changelog: string, version: string): Section | undefined {
  for (const part of changelog.split(/^(?=## )/m)) {
    const [heading = '', ...lines] = part.split('\n');
    const date = heading.startsWith(`## [${version}] - `) ? heading.split(' - ')[1]?.trim() : undefined;
    if (date) return { date, text: lines.join('\n').trim() };
  }
  return undefined;
}

/** The notes of a release; outside the repository its files are reached by their whole address, where that is known. */
export function notesOf(section: Section, tag: string, releases?: string): string {
  const files = releases?.replace(/\/releases$/, `/blob/${tag}/`);
  const text = files ? section.text.replace(/\]\((?![a-z]+:|#)/g, `](${files}`) : section.text;
  return `${text}\n`;
}
