/** What boto3 says while the store, or the name of its Service, is not there: so it is for a while after a node was off. */
const away =
  /Could not connect to the endpoint URL|\b(EndpointConnection|ConnectTimeout|ReadTimeout|ConnectionClosed)Error\b|error occurred \((503|ServiceUnavailable|XMinioServerNotInitialized)\)/;

/** Hears from what a supervisor says whether it reached the store. */
export interface Reach {
  push(line: string): void;
  /** Did it say that it could not? */
  missed(): boolean;
}

/** Hands on every line. */
export function createReach(onLine: (line: string) => void): Reach {
  let missed = false;
  return {
    push: (line) => {
      missed ||= away.test(line);
      onLine(line);
    },
    missed: () => missed,
  };
}
