/** A pattern for a host name in a text, and not as a part of another name. */
export function hostPattern(hostName: string): string {
  return `(?<![\\w.-])${hostName.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\w.-])`;
}
