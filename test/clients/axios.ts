import { type PageInit, pageOf, type Shown } from './page.ts';
import type { Place } from './place.ts';

/** A page that is not served by the API, as that of the dashboard is where it is developed. */
export const page = pageOf('http://localhost:5173');

export interface AxiosCall extends PageInit {
  json?: object;
}

/** The API as the dashboard calls it: from a page of another origin, with the administrator's password. */
export function axiosOf(place: Place) {
  /** A body that is an object is JSON, a text has the type of forms. */
  const call = ({ path, method = 'GET', json, body, headers = {} }: AxiosCall & { path: string }): Promise<Shown> => {
    const { api, user, password } = place.program.status;
    const type = json ? 'application/json' : 'application/x-www-form-urlencoded';
    return page(api + path, {
      method,
      headers: {
        accept: 'application/json, text/plain, */*',
        authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
        ...(json || body ? { 'content-type': type } : {}),
        ...headers,
      },
      body: json ? JSON.stringify(json) : body,
    });
  };
  return {
    call: (path: string, init: AxiosCall = {}) => call({ path, ...init }),
    read: async (path: string): Promise<Record<string, unknown>> => JSON.parse((await call({ path })).text),
    /** Status and text of an answer in one line. */
    said: async (path: string, init: AxiosCall): Promise<string> => {
      const { status, text } = await call({ path, ...init });
      return `${status} ${text}`.trimEnd();
    },
  };
}
