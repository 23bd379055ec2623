/** Directories that both apps build images and functions from. */
export interface Inputs {
  readonly root: string;
  /** A staged build context of the migration image. */
  readonly migrationImage: string;
}

/** The broker's role has room for 28 users, so APIs share them. */
export const APIS_PER_USER = 2;

export function apiName(index: number): string {
  return index === 0 ? 'Api' : `Api${index}`;
}

export function apiPath(index: number): string {
  return index === 0 ? '/*' : `/api${index}/*`;
}
