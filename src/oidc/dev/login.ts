import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Account, accountWith } from './accounts.ts';
import { loginPage, page, pageHeaders } from './pages.ts';

/** What a login that is under way needs of the provider. */
export interface Logins {
  interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<unknown>;
  interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>;
}

const longest = 10_000;

/** Shows the form in which somebody says who they are, and takes what they say. */
export const createLogin = (logins: Logins, accounts: readonly Account[]) =>
  async function login(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = (status: number, body: string) => response.writeHead(status, pageHeaders).end(body);
    const underWay = await logins.interactionDetails(request, response).catch(() => undefined);
    if (!underWay) {
      answer(400, page('This login is over', '<p>Begin again where you came from.</p>'));
      return;
    }
    if (request.method !== 'POST') {
      answer(200, loginPage(false));
      return;
    }
    const form = await formIn(request);
    const account = accountWith(accounts, form.get('username') ?? '', form.get('password') ?? '');
    if (account) await logins.interactionFinished(request, response, { login: { accountId: account.uid } });
    else answer(401, loginPage(true));
  };

async function formIn(request: IncomingMessage): Promise<URLSearchParams> {
  let text = '';
  for await (const piece of request.setEncoding('utf8')) {
    text += piece;
    if (text.length > longest) return new URLSearchParams();
  }
  return new URLSearchParams(text);
}
