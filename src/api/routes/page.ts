import { type Answer, empty } from '../answer.ts';
import type { ApiParts } from '../parts.ts';
import { oscarVersion } from '../protocol.ts';
import type { Route } from '../route.ts';

/** What a browser finds at the root: what this is and where to go on. Nothing secret: it asks for no password. */
export const pageRoutes = ({ platform, buckets }: ApiParts): Route[] => [
  { method: 'get', path: '/', access: 'anyone', handle: () => page(platform.version, buckets.endpoint().url) },
  { method: 'get', path: '/ui', access: 'anyone', handle: () => empty(302, { Location: '/' }) },
  { method: 'get', path: '/ui/*rest', access: 'anyone', handle: () => empty(302, { Location: '/' }) },
];

function page(version: string, s3: string): Answer {
  return {
    status: 200,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
    },
    body: html(escaped(version), escaped(s3)),
  };
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

const html = (version: string, s3: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>OSCAR Sandbox</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem }
  code { background: #8882; padding: .1em .3em; border-radius: 3px }
  :root { color-scheme: light dark }
</style>
<h1>OSCAR Sandbox ${version}</h1>
<p>It runs, and speaks the API of OSCAR ${oscarVersion}.</p>
<ul>
  <li>API: this address. <a href="/health">/health</a> is open; the rest asks for the administrator.</li>
  <li>Services: <a href="/system/services">/system/services</a></li>
  <li>Newest invocations: <a href="/sandbox/invocations">/sandbox/invocations</a></li>
  <li>S3 store: <code>${s3}</code></li>
</ul>
<h2>Log in</h2>
<p><code>oscar-sandbox credentials</code> prints the name, the password and the S3 keys, and the line that adds this
sandbox to oscar-cli. A browser that follows a link above asks for name and password.</p>
</html>
`;
