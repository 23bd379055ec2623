/** The first sample of a page in one language: its block under the heading Sample. */
export function sampleOf(readme: string, fence: string): string | undefined {
  const section = /^## Sample$([\s\S]*?)(?=^##|(?![\s\S]))/m.exec(readme)?.[1] ?? '';
  return new RegExp(`^\`\`\`${fence}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(section)?.[1];
}
