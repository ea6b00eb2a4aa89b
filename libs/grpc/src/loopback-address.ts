// Addresses that never leave the machine: what goes there needs no encryption.

/** Of a host name or IP address, with or without brackets. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?|\[?::ffff:127(?:\.\d{1,3}){3}\]?)$/i.test(host);
}

/** Of a target as clients take it: `host:port`, or with a scheme of gRPC's such as `dns:///host:port`, `unix:path`. */
export function isLoopbackTarget(target: string): boolean {
  if (/^unix:/i.test(target)) return true;
  const hostAndPort = target.replace(/^(?:dns|ipv[46]):(?:\/\/[^/]*\/)?/i, '');
  return hostAndPort.split(',').every((one) => isLoopback(one.replace(/:\d+$/, '')));
}
