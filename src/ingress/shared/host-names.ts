import { createHash } from 'crypto';
import { Stack, Token } from 'aws-cdk-lib';
import { CfnDistribution } from 'aws-cdk-lib/aws-cloudfront';
import { CfnRecordSet, type IHostedZone, type RecordSet } from 'aws-cdk-lib/aws-route53';
import type { Construct, IConstruct } from 'constructs';
import { problem } from '../../private/errors';
import { identityInApp, identityOf } from '../../private/identity';
import { pathOf } from '../../private/stage-path';

/** A name that CloudFront or a hosted zone takes once. */
interface Claim {
  readonly owner: IConstruct;
  readonly name: string;
  readonly where: string;
  readonly kind: string;
}

/** Names whose records somebody else makes, in their zone. */
export interface NamesElsewhere {
  readonly hostedZone: IHostedZone;
  readonly domainNames: string[];
}

const CLOUDFRONT = 'CloudFront';

/** What a lookup of CDK answers until it was made. */
const NOT_LOOKED_UP = 'DUMMY';

const OWNERS = new WeakSet<IConstruct>();
const ELSEWHERE = new WeakMap<IConstruct, Claim[]>();

/**
 * Refuses names that another part of the app takes too, be it a construct of this library or a record or distribution of CDK. Zones that only
 * have the same name are different ones, as the public and the private one of a company. Called in the constructor of what has a domain.
 */
export function refuseSharedNames(owner: Construct): void {
  OWNERS.add(owner);
  owner.node.addValidation({ validate: () => findShared(owner) });
}

/** Remembers names that Amplify takes: it makes the records itself, in front of CloudFront. */
export function claimNames(owner: Construct, names: string[], zones: NamesElsewhere[]): void {
  const claims = [
    ...names.map((name) => ({ owner, name: nameOf(owner, name), where: CLOUDFRONT, kind: '' })),
    ...zones.flatMap(({ hostedZone, domainNames }) => domainNames.flatMap((name) => ['A', 'AAAA'].map((kind) => ({
      owner, name: nameOf(owner, name), where: identityInApp(owner, hostedZone.hostedZoneId), kind,
    })))),
  ];
  const { root } = owner.node;
  ELSEWHERE.set(root, [...ELSEWHERE.get(root) ?? [], ...claims]);
}

/** Lets a record keep its logical id while its name and zone stay: Route 53 refuses a second record, which a new id would be. */
export function keepRecord(record: RecordSet, zone: IHostedZone, name: string): void {
  const resource = record.node.defaultChild as CfnRecordSet;
  const hash = createHash('sha256').update(JSON.stringify([identityOf(record, zone.hostedZoneId), nameOf(record, name)])).digest('hex').slice(0, 8);
  const readable = Token.isUnresolved(name) ? '' : name.replace(/\*/g, 'Any').replace(/[^A-Za-z0-9]/g, '').slice(0, 100);
  resource.overrideLogicalId(`Record${resource.type}${readable}${hash}`);
}

function findShared(owner: Construct): string[] {
  const claims = claimsIn(owner.node.root);
  const messages = claims.filter((claim) => claim.owner === owner).flatMap((own) => {
    const same = claims.filter(({ name, where, kind }) => name === own.name && where === own.where && kind === own.kind);
    // Each two are named once, by the first of them that is of this library.
    const others = same.filter((claim) => claim.owner !== owner);
    return same.find((claim) => OWNERS.has(claim.owner))?.owner === owner ? others.map((other) => ({ own, other })) : [];
  });
  const told = new Set<string>();
  return messages.sort((a, b) => Number(a.own.where === CLOUDFRONT) - Number(b.own.where === CLOUDFRONT)).flatMap(({ own, other }) => {
    const key = `${own.name} ${pathOf(other.owner)}`;
    const isNew = !told.has(key);
    told.add(key);
    return isNew ? [explain(own, other)] : [];
  });
}

function explain({ owner, name, where }: Claim, other: Claim): string {
  const [one, two] = [owner, other.owner].map((construct) => `'${pathOf(construct)}'`);
  return where === CLOUDFRONT
    ? problem('CustomDomain.nameOnCloudFront', `${one} and ${two} both use the name '${name}', and CloudFront serves a name from one distribution only. Use a different name for one of the two.`)
    : problem('CustomDomain.nameTwice', `${one} and ${two} both need a DNS record for '${name}' in the same hosted zone, and Route 53 takes the record once. Use a different name for one of the two.`);
}

function claimsIn(root: IConstruct): Claim[] {
  const all = root.node.findAll();
  return [
    ...all.filter((construct) => construct instanceof CfnRecordSet).flatMap(claimsOfRecord),
    ...all.filter((construct) => construct instanceof CfnDistribution).flatMap(claimsOfDistribution),
    ...ELSEWHERE.get(root) ?? [],
  ];
}

function claimsOfRecord(record: CfnRecordSet): Claim[] {
  const { hostedZoneId, name, type } = record;
  if (hostedZoneId === undefined || hostedZoneId === NOT_LOOKED_UP || isOneOfSeveral(record)) {
    return [];
  }
  const kinds = type === 'CNAME' ? ['A', 'AAAA'] : ['A', 'AAAA'].filter((kind) => kind === type);
  return kinds.map((kind) => ({ owner: ownerOf(record), name: nameOf(record, name), where: identityInApp(record, hostedZoneId), kind }));
}

function claimsOfDistribution(distribution: CfnDistribution): Claim[] {
  const { aliases } = (Stack.of(distribution).resolve(distribution.distributionConfig) as { aliases?: unknown }) ?? {};
  const names = Array.isArray(aliases) ? aliases.filter((alias): alias is string => typeof alias === 'string') : [];
  return names.map((name) => ({ owner: ownerOf(distribution), name: nameOf(distribution, name), where: CLOUDFRONT, kind: '' }));
}

/** Records with an identifier share a name by weight, latency or place. */
function isOneOfSeveral(record: CfnRecordSet): boolean {
  const { Resources = {} } = Stack.of(record).resolve(record._toCloudFormation()) as { Resources?: Record<string, { Properties?: { SetIdentifier?: unknown } }> };
  return Object.values(Resources).some(({ Properties }) => Properties?.SetIdentifier !== undefined);
}

/** The ingress or front end that a resource is part of, else the resource itself. */
function ownerOf(resource: IConstruct): IConstruct {
  return [...resource.node.scopes].reverse().find((scope) => OWNERS.has(scope)) ?? resource;
}

function nameOf(scope: IConstruct, name: string): string {
  return identityInApp(scope, name).toLowerCase().replace(/\.$/, '');
}
