/** One thing that a cluster needs, and how it is here. */
export interface Remark {
  state: 'ok' | 'warn' | 'fail';
  text: string;
  fix?: string;
}

export const fine = (text: string): Remark => ({ state: 'ok', text });
export const doubtful = (text: string, fix: string): Remark => ({ state: 'warn', text, fix });
export const wrong = (text: string, fix: string): Remark => ({ state: 'fail', text, fix });
