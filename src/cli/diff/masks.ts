import type { Status } from '../../api/protocol.ts';

/** What the platform made up for one run, and differs from one to the next. */
export interface MadeUp {
  status: Status;
  /** The name of the job or call. */
  invocation: string;
  /** The token of the service. */
  token: string;
}

/** Puts words in place of what the platform made up; what a script made up itself stays. */
export function createMask({ status, invocation, token }: MadeUp): (text: string) => string {
  const { api, s3, exposed, dataDir, password, accessKey, secretKey } = status;
  const words: [said: string, word: string][] = [
    [invocation, '<job>'],
    [token, '<token>'],
    [password, '<password>'],
    [accessKey, '<access-key>'],
    [secretKey, '<secret-key>'],
    ...[api, s3, exposed].map((url): [string, string] => [url, '<url>']),
  ];
  const literal = words.filter(([said]) => said !== '');
  return (text) => {
    const masked = literal.reduce((before, [said, word]) => before.replaceAll(said, word), text);
    return masked
      .replaceAll(`${dataDir}/work/tasks`, '/oscar/tasks')
      .replaceAll(dataDir, '<data>')
      .replace(taskFolder, '<task>')
      .replace(bodyFile, 'event-file-…')
      .replace(eventFields, '$1"…"');
  };
}

/** The folder of a task, and the one that OSCAR's own supervisor makes. */
const taskFolder = /\/oscar\/tasks\/[^/\s"']+|\/tmp\/tmp[a-z0-9_]{8}(?![a-z0-9_])/g;

/** OSCAR: a call's body is in a file with a name of its own. */
const bodyFile = /event-file-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** What of an event tells when, by whom and over which way it came. */
const eventFields =
  /("(?:eventTime|sequencer|x-amz-request-id|x-amz-id-2|x-minio-[a-z-]+|sourceIPAddress|host|port|userAgent|principalId|accessKey|versionId)": ?)"[^"]*"/g;

/** The lines of a log that the service wrote. */
export const withoutPlatform = (log: string): string[] => {
  const lines = log.split('\n');
  if (lines.at(-1) === '') lines.pop();
  // The supervisor ends the line about its event twice.
  const isEnd = (line: string, before = '') => line === '' && / - supervisor - \w+ - event_records = /.test(before);
  return lines.filter((line, at) => !platform.test(line) && !isEnd(line, lines[at - 1]));
};

/** Ours, and those of OSCAR's own supervisor. */
const platform = /^\[sandbox\] |^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} - supervisor - /;
