/** Longest message without the lists that some have. */
export const LONGEST = 480;

/** Turns of phrase that readers had to read twice, with the rule in its name. */
const FORBIDDEN: readonly (readonly [string, RegExp])[] = [
  ['write "is not a", not "is no"', /\b(?:is|are|was|has) no(?:ne)? (?!longer)/],
  ['repeat the noun instead of "that of"', /\b(?:that|those) (?:of|in|from|which|who)\b/],
  ['write "set", "pass" or "use", not "give"', /\b[Gg]iv(?:e|es|en|ing)\b/],
  ['name the act, not "tell"', /\b(?:told|tells?)\b/],
  ['write "cannot be used" or the like, not "cannot be had"', /\bcan(?:no|')t be had\b/],
  ['name it instead of "the one" or "the other"', /\bthe (?:one|ones|other|others)\b(?! \w)/],
  ['begin a sentence with its noun, not a pronoun', /[.!?] (?:It|They|He|Its|Their)\b/],
  ['begin with a noun or "you", not "what" or "who"', /(?:^|[.!?] )(?:What|Who|Whoever|Whatever)\b/],
  ['write "isn\'t known until deployment (it\'s a token)"', /known (?:only )?at (?:synth|deployment)/],
  ['name the act, not "say"', /(?:^|[.!?,] (?:or )?)[Ss]ay\b/],
  ['write "is defined in" or "is created in", not "stands"', /\bstands?\b/],
  ['write "maximum" or "minimum"', /\b(?:greatest|least)\b(?<!at least)/],
  ['do not write "for ever", "besides" or "in any case"', /\bfor ever\b|\bbesides\b|\bin any case\b/],
];

/** Names in camel case outside of quotes. */
const BARE_NAME = /(?<![\w.$/-])[a-z]+(?:[A-Z][a-z0-9]*)+(?![\w/-])/;

/** Everything about a message that its reader would stumble over. */
export function findFaults(text: string): string[] {
  const prose = withoutQuotes(text);
  return [
    ...(prose.length > LONGEST ? [`${prose.length} characters, at most ${LONGEST}`] : []),
    ...(sentencesOf(text).length > 3 ? [`${sentencesOf(text).length} sentences, at most 3`] : []),
    ...(/[.!]$/.test(text) ? [] : ['ends without a full stop']),
    ...FORBIDDEN.filter(([, pattern]) => pattern.test(prose)).map(([rule]) => rule),
    ...(BARE_NAME.test(prose) ? [`write ${BARE_NAME.exec(prose)?.[0]} in backquotes`] : []),
  ];
}

/** The sentences of a message. Full stops in code and values end none. */
export function sentencesOf(text: string): string[] {
  const quoted: string[] = [];
  const plain = text.replace(/`[^`]*`|(?<!\w)'[^']*'(?!\w)|"[^"]*"/g, (found) => `\u0001${quoted.push(found) - 1}\u0002`);
  return plain.split(/(?<=[.!?]) (?=[A-Z\u0001])/).map((sentence) => sentence.replace(/\u0001(\d+)\u0002/g, (_, index: string) => quoted[Number(index)]));
}

/** What a message asks its reader to write: the code in its backquotes. */
export function codeOf(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code);
}

function withoutQuotes(text: string): string {
  return text.replace(/`[^`]*`/g, '``').replace(/(?<!\w)'[^']*'(?!\w)/g, '\'\'').replace(/"[^"]*"/g, '""');
}
