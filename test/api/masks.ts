const rules: [RegExp, string][] = [
  [/\b[0-9a-f]{64}\b/g, '<TOKEN>'],
  [/\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? \+0000 UTC/g, '<GOTIME>'],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '<TIME>'],
  [/"verify":(true|false)/g, '"verify":<BOOL>'],
  [/"storage_usage":\{[^}]*\}/g, '"storage_usage":<USAGE>'],
  [/"attribution":"(complete|partial)"/g, '"attribution":<ATTR>'],
];

/** An answer with everything masked that no two servers share. */
export function masked(text: string, endpoint: { url: string; accessKey: string; secretKey: string }): string {
  const signed = text
    .replace(
      /(http[^"?]*)\?(X-Amz-[^"]*|response-[^"]*)/g,
      (_all, path: string, query: string) => `${path}?${queryOf(query)}`,
    )
    .replaceAll(endpoint.url, '<S3>')
    .replaceAll(`"${endpoint.accessKey}"`, '"<KEY>"')
    .replaceAll(`"${endpoint.secretKey}"`, '"<KEY>"');
  return rules.reduce((told, [pattern, mask]) => told.replace(pattern, mask), signed);
}

/** The parameters of a signature in order, those that always differ by name alone. */
function queryOf(escaped: string): string {
  const differing = new Set(['X-Amz-Credential', 'X-Amz-Date', 'X-Amz-Signature']);
  return [...new URLSearchParams(escaped.replaceAll('\\u0026', '&'))]
    .map(([name, value]) => (differing.has(name) ? name : `${name}=${value}`))
    .sort()
    .join('&');
}
