/** Licences that a dependency, or something that the package contains, may have. SPDX identifiers. */
export const PERMISSIVE_LICENSES = [
  '0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', 'CC-BY-4.0', 'CC0-1.0', 'ISC', 'MIT', 'MIT-0', 'PostgreSQL', 'Python-2.0', 'Unlicense',
];
