import type { Status } from '../../api/protocol.ts';
import type { Run } from '../command.ts';

/** Prints what other programs need to use this sandbox. */
export const credentials: Run = async ({ connect, out }) => {
  const { status } = await connect();
  const { api, s3, user, password, accessKey, secretKey } = status;
  const ways = snippets(status);
  const lines = Object.fromEntries(ways.map(({ id, lines }) => [id, lines.join('\n')]));
  out.value({ api, user, password, s3, region: 'us-east-1', accessKey, secretKey, ...lines }, () =>
    ways.map(({ title, lines }) => `${out.paint('bold', `# ${title}`)}\n${lines.join('\n')}`).join('\n\n'),
  );
  return 0;
};

/** The line that makes oscar-cli know this sandbox. */
export const oscarCliLine = ({ api, user, password }: Status): string =>
  `oscar-cli cluster add sandbox ${quoted(api)} ${quoted(user)} ${quoted(password)} --disable-ssl`;

/** For pasting into a POSIX shell. */
export const quoted = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

interface Snippet {
  id: string;
  title: string;
  lines: string[];
}

/** One a tool, ready to paste. */
export function snippets(status: Status): Snippet[] {
  const { api, s3, user, password, accessKey, secretKey } = status;
  const python = (text: string) => JSON.stringify(text);
  return [
    { id: 'oscarCli', title: 'oscar-cli', lines: [oscarCliLine(status)] },
    {
      id: 'aws',
      title: 'AWS command line and SDKs',
      lines: [
        `export AWS_ACCESS_KEY_ID=${quoted(accessKey)}`,
        `export AWS_SECRET_ACCESS_KEY=${quoted(secretKey)}`,
        'export AWS_DEFAULT_REGION=us-east-1',
        `export AWS_ENDPOINT_URL_S3=${quoted(s3)}`,
      ],
    },
    {
      id: 'mc',
      title: 'MinIO client',
      lines: [`mc alias set sandbox ${quoted(s3)} ${quoted(accessKey)} ${quoted(secretKey)}`],
    },
    {
      id: 'rclone',
      title: 'rclone',
      lines: [
        `rclone config create sandbox s3 provider=Minio endpoint=${quoted(s3)} access_key_id=${quoted(accessKey)} ` +
          `secret_access_key=${quoted(secretKey)} region=us-east-1`,
      ],
    },
    {
      id: 'python',
      title: 'oscar-python',
      lines: [
        'from oscar_python.client import Client',
        `client = Client({'cluster_id': 'sandbox', 'endpoint': ${python(api)}, 'user': ${python(user)}, ` +
          `'password': ${python(password)}, 'ssl': False})`,
      ],
    },
  ];
}
