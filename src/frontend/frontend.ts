import type { IConstruct } from 'constructs';

/** A hosted front end, whatever hosts it. */
export interface IFrontend extends IConstruct {
  /** The address that people use: `https://` and the host name. */
  readonly url: string;

  /** The host name that people use: one of your own, else one of AWS. */
  readonly domainName: string;
}
