/** Is this a name that means something on this machine alone, or in its containers? */
export const isLoopback = (host: string): boolean =>
  /^(localhost|.+\.localhost|127(\.\d+){3}|0\.0\.0\.0|\[?::1?\]?|host\.(docker|containers)\.internal)$/i.test(host);

/** The machine in an address: that of a URL, or `host:port`. */
export function hostIn(address: string): string {
  const written = /^(?:\w[\w+.-]*:\/\/)?(?:[^/@]*@)?(\[[^\]]*\]|[^/:]*)/.exec(address)?.[1];
  return written ?? '';
}
