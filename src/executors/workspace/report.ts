/** The platform's own lines in a task's log; they never reach an answer. */
export interface Report {
  info(text: string): void;
  warning(text: string): void;
}

const INFO = new Set(['NOTSET', 'DEBUG', 'INFO']);

/** Lines like `[sandbox] read demo/in/a.txt (12 bytes)`, as many as the service's `log_level` asks for. */
export function createReport(logLevel: string, onLine: (line: string) => void): Report {
  const say = (text: string) => onLine(`[sandbox] ${text}`);
  const level = logLevel.toUpperCase() || 'INFO';
  const quiet = () => undefined;
  return {
    info: INFO.has(level) ? say : quiet,
    warning: INFO.has(level) || level === 'WARNING' ? say : quiet,
  };
}
