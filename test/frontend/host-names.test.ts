import { Stack, Stage, type App, type Environment } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { IpAddressType } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { ARecord, CfnRecordSet, CnameRecord, HostedZone, PrivateHostedZone, PublicHostedZone, RecordTarget, type IHostedZone } from 'aws-cdk-lib/aws-route53';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { AmplifyFrontend, StaticFrontend } from '../../src/frontend';
import { CustomDomain, PublicIngress, type PublicIngressProps } from '../../src/ingress';
import { BackendNetwork } from '../../src/network';
import { createVpc, developmentApp } from '../fargate/fixture';

const VIRGINIA: Environment = { account: '111111111111', region: 'us-east-1' };

interface World {
  readonly app: App;
  readonly stack: Stack;
  readonly zone: IHostedZone;
}

function createWorld(): World {
  const app = developmentApp();
  const stack = new Stack(app, 'Backend', { env: VIRGINIA });
  return { app, stack, zone: importZone(stack, 'Zone') };
}

function importZone(scope: Construct, id: string, hostedZoneId = 'Z1'): IHostedZone {
  return HostedZone.fromHostedZoneAttributes(scope, id, { hostedZoneId, zoneName: 'example.com' });
}

function addIngress(scope: Construct, id: string, zone: IHostedZone, name: string, props: Partial<PublicIngressProps> = {}): PublicIngress {
  return new PublicIngress(scope, id, { vpc: createVpc(scope, `${id}Vpc`), domain: CustomDomain.fromHostedZone(zone, { domainNames: [name] }), ...props });
}

function addFrontend(scope: Construct, id: string, zone: IHostedZone, name: string): StaticFrontend {
  const certificate = Certificate.fromCertificateArn(scope, `${id}Certificate`, 'arn:aws:acm:us-east-1:111111111111:certificate/1');
  return new StaticFrontend(scope, id, { domain: CustomDomain.fromHostedZone(zone, { domainNames: [name], certificate }) });
}

function addAmplify(scope: Construct, id: string, zone: IHostedZone, name: string): AmplifyFrontend {
  const accessToken = Secret.fromSecretNameV2(scope, `${id}Token`, 'token');
  return new AmplifyFrontend(scope, id, { repository: 'https://github.com/example/web', accessToken, domain: CustomDomain.fromHostedZone(zone, { domainNames: [name] }) });
}

function problemsOf(app: App): string[] {
  return app.node.findAll().filter((construct) => !(construct instanceof Stage)).flatMap(({ node }) => node.validate()).filter((message) => /CustomDomain\.name/.test(message));
}

type Make = (world: World) => void;

describe('one name', () => {
  test.each<[string, Make, RegExp]>([
    ['an ingress and a front end', ({ stack, zone }) => {
      addIngress(stack, 'Ingress', zone, 'app.example.com');
      addFrontend(stack, 'Web', zone, 'app.example.com');
    }, /^'Backend\/Ingress' and 'Backend\/Web' both need a DNS record for 'app\.example\.com' in the same hosted zone.*CustomDomain\.nameTwice\]$/],
    ['an ingress and a front end on Amplify', ({ stack, zone }) => {
      addAmplify(stack, 'Web', zone, 'app.example.com');
      addIngress(stack, 'Ingress', zone, 'app.example.com');
    }, /'Backend\/Web' and 'Backend\/Ingress' both need a DNS record|'Backend\/Ingress' and 'Backend\/Web' both need a DNS record/],
    ['two ingresses, with two imports of the zone', ({ stack, zone }) => {
      addIngress(stack, 'First', zone, 'api.example.com');
      addIngress(stack, 'Second', importZone(stack, 'Again'), 'api.example.com');
    }, /'Backend\/First' and 'Backend\/Second'/],
    ['ingresses of two stacks', ({ app, stack, zone }) => {
      const other = new Stack(app, 'Other', { env: VIRGINIA });
      addIngress(stack, 'Ingress', zone, 'api.example.com');
      addIngress(other, 'Ingress', importZone(other, 'Zone'), 'api.example.com');
    }, /'Backend\/Ingress' and 'Other\/Ingress'/],
    ['ingresses of two stages', ({ app }) => {
      ['Dev', 'Prod'].forEach((id) => {
        const stack = new Stack(new Stage(app, id, { env: VIRGINIA }), 'Stack');
        addIngress(stack, 'Ingress', importZone(stack, 'Zone'), 'api.example.com');
      });
    }, /'Dev\/Stack\/Ingress' and 'Prod\/Stack\/Ingress'/],
    ['an ingress in a zone of the app, and one with its id', ({ stack }) => {
      const zone = new PublicHostedZone(stack, 'Own', { zoneName: 'example.com' });
      addIngress(stack, 'First', zone, 'api.example.com');
      addIngress(stack, 'Second', importZone(stack, 'Import', zone.hostedZoneId), 'api.example.com');
    }, /'Backend\/First' and 'Backend\/Second'/],
    ['an ingress and a record of CDK', ({ stack, zone }) => {
      new ARecord(stack, 'Mine', { zone, recordName: 'api', target: RecordTarget.fromIpAddresses('192.0.2.1') });
      addIngress(stack, 'Ingress', zone, 'api.example.com');
    }, /'Backend\/Ingress' and 'Backend\/Mine'/],
    ['an ingress and a CNAME', ({ stack, zone }) => {
      new CnameRecord(stack, 'Mine', { zone, recordName: 'api', domainName: 'elsewhere.example.net' });
      addIngress(stack, 'Ingress', zone, 'api.example.com');
    }, /'Backend\/Ingress' and 'Backend\/Mine'/],
    ['two front ends in different zones', ({ stack, zone }) => {
      addFrontend(stack, 'First', zone, 'www.example.com');
      addFrontend(stack, 'Second', importZone(stack, 'Other', 'Z2'), 'www.example.com');
    }, /^'Backend\/First' and 'Backend\/Second' both use the name 'www\.example\.com', and CloudFront serves a name from one distribution only.*CustomDomain\.nameOnCloudFront\]$/],
  ])('fails for %s', (_name, make, message) => {
    const world = createWorld();
    make(world);
    expect(problemsOf(world.app)).toEqual([expect.stringMatching(message)]);
  });

  test.each<[string, Make]>([
    ['two names', ({ stack, zone }) => {
      addIngress(stack, 'Ingress', zone, 'api.example.com');
      addFrontend(stack, 'Web', zone, 'www.example.com');
    }],
    ['a wildcard and a name', ({ stack, zone }) => {
      addIngress(stack, 'First', zone, '*.example.com');
      addIngress(stack, 'Second', zone, 'api.example.com');
    }],
    ['one name in two zones, for inside and outside', ({ stack, zone }) => {
      const certificate = Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:us-east-1:111111111111:certificate/1');
      const inside = new PrivateHostedZone(stack, 'Inside', { vpc: createVpc(stack), zoneName: 'example.com' });
      addIngress(stack, 'Outside', zone, 'api.example.com');
      addIngress(stack, 'Ingress', inside, 'api.example.com', { domain: CustomDomain.fromHostedZone(inside, { domainNames: ['api.example.com'], certificate }) });
    }],
    ['one name by IPv4 and by IPv6', ({ stack, zone }) => {
      const { vpc } = new BackendNetwork(stack, 'Network', { ipv6: true });
      addIngress(stack, 'First', zone, 'api.example.com', { vpc });
      addIngress(stack, 'Second', zone, 'api.example.com', { vpc, ipAddressType: IpAddressType.DUAL_STACK_WITHOUT_PUBLIC_IPV4 });
    }],
    ['records that share a name by weight', ({ app, stack, zone }) => {
      const other = new Stack(app, 'Other', { env: VIRGINIA });
      [addIngress(stack, 'Ingress', zone, 'api.example.com'), addIngress(other, 'Ingress', importZone(other, 'Zone'), 'api.example.com')].forEach((ingress, index) => {
        const record = ingress.node.findAll().find((child): child is CfnRecordSet => child instanceof CfnRecordSet)!;
        record.addPropertyOverride('SetIdentifier', `${index}`);
        record.addPropertyOverride('Weight', 1);
      });
    }],
    ['names whose DNS is somewhere else', ({ stack }) => {
      const certificate = Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:us-east-1:111111111111:certificate/1');
      ['First', 'Second'].forEach((id) => new PublicIngress(stack, id, { vpc: createVpc(stack, `${id}Vpc`), domain: CustomDomain.fromCertificate(certificate, ['api.example.com']) }));
    }],
    ['zones that were not looked up yet', ({ stack }) => {
      ['First', 'Second'].forEach((id) => addIngress(stack, id, HostedZone.fromLookup(stack, `${id}Zone`, { domainName: 'example.com' }), 'api.example.com'));
    }],
  ])('passes for %s', (_name, make) => {
    const world = createWorld();
    make(world);
    expect(problemsOf(world.app)).toEqual([]);
  });
});

describe('a record', () => {
  const idsOf = (make: Make) => {
    const world = createWorld();
    make(world);
    return Object.keys(Template.fromStack(world.stack).findResources('AWS::Route53::RecordSet'));
  };

  test('keeps its id when the ingress, the import of the zone or the place in the stack gets another', () => {
    const first = idsOf(({ stack, zone }) => addIngress(stack, 'Ingress', zone, 'api.example.com'));
    expect(idsOf(({ stack }) => addIngress(new Construct(stack, 'Group'), 'Renamed', importZone(stack, 'Again'), 'api.example.com'))).toEqual(first);
  });

  test('keeps its id when a front end gets another', () => {
    const [first, second] = ['Web', 'Renamed'].map((id) => idsOf(({ stack, zone }) => addFrontend(stack, id, zone, 'www.example.com')));
    expect(first).toHaveLength(2);
    expect(second).toEqual(first);
  });

  test('has an id of its own for each name and zone', () => {
    expect(new Set(idsOf(({ stack, zone }) => ['a.example.com', '*.example.com', 'a-b.example.com'].forEach((name, index) => {
      addIngress(stack, `First${index}`, zone, name);
      addIngress(stack, `Second${index}`, importZone(stack, `Zone${index}`, 'Z2'), name);
    }))).size).toBe(6);
  });
});
