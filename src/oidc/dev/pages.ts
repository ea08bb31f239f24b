/** Text as it may stand in a page. */
const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** Keeps a page from being shown inside another one, and from loading anything. */
export const pageHeaders = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  'Cache-Control': 'no-store',
};

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:22rem;margin:12vh auto;padding:0 1rem}
input,button{font:inherit;width:100%;box-sizing:border-box;padding:.5rem;margin:.25rem 0 1rem}
[role=alert]{color:#b00020}`;

/** A page of the issuer. */
export const page = (title: string, body: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title><style>${style}</style></head>
<body><h1>${escaped(title)}</h1>${body}</body></html>`;

/** Asks who somebody is. */
export const loginPage = (wrong: boolean): string =>
  page(
    'OSCAR Sandbox',
    `${wrong ? '<p role="alert">Name or password is wrong.</p>' : ''}
<form method="post"><label>Name<input name="username" autocomplete="username" required autofocus></label>
<label>Password<input name="password" type="password" autocomplete="current-password" required></label>
<button>Log in</button></form><p><small>oscar-sandbox credentials --user NAME tells the password.</small></p>`,
  );

/** What of a provider's context a page goes into. */
export interface Rendering {
  body?: unknown;
  set(headers: Record<string, string>): void;
}

const render = (title: string, body: string) => (ctx: Rendering) => {
  ctx.body = page(title, body);
  ctx.set(pageHeaders);
};

const withButton = (form: string): string => form.replace('</form>', '<button>Go on</button></form>');

/** Asks for the code that a device shows. */
export const deviceCodeForm = (ctx: Rendering, form: string): void =>
  render('Connect a device', `<p>Enter the code that the device shows.</p>${withButton(form)}`)(ctx);

/** Asks whether this is the device that was meant. */
export const deviceQuestion = (ctx: Rendering, form: string): void =>
  render('Connect a device', `<p>Connect the device that shows this code?</p>${withButton(form)}`)(ctx);

/** Says that a device can go on by itself. */
export const deviceConnected = render('Connected', '<p>The device is connected: go on there.</p>');

/** Says what went wrong. */
export const failurePage = (ctx: Rendering, why: string): void =>
  render('That went wrong', `<p>${escaped(why)}</p>`)(ctx);
