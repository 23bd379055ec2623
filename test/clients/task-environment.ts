import { App, Stack } from 'aws-cdk-lib';
import { ContainerImage, Secret } from 'aws-cdk-lib/aws-ecs';
import { BackendCluster, BackendNetwork, FargateApi, Posture, PrivatePostgres } from '../../src';
import { CA_FILE } from '../../src/binding/shared/trust.contract';

export type Environment = Record<string, string>;

interface Container {
  readonly Name: string;
  readonly Environment?: { readonly Name: string; readonly Value: unknown }[];
  readonly Secrets?: { readonly Name: string; readonly ValueFrom: unknown }[];
}

/** Which variables a service with a database user gets: texts that the template holds, and names of fields of the user's secret. */
export interface TaskVariables {
  readonly texts: Environment;
  readonly fields: Environment;
}

/** Synthesises a service with a database user and the URL that names the file, and reads what its container gets. */
export function taskVariables(): TaskVariables {
  const app = new App({ analyticsReporting: false });
  Posture.development().applyTo(app);
  const stack = new Stack(app, 'Backend');
  const { vpc } = new BackendNetwork(stack, 'Network');
  const user = new PrivatePostgres(stack, 'Postgres', { vpc }).addUser('Api');
  new FargateApi(stack, 'Api', {
    cluster: new BackendCluster(stack, 'Cluster', { vpc }),
    image: ContainerImage.fromRegistry('api'),
    secrets: { URL_WITH_CA_FILE: Secret.fromSecretsManager(user.secret!, 'urlWithCaFile') },
    connectTo: [user],
  });

  const { Resources } = app.synth().getStackByName('Backend').template as { Resources: Record<string, { Type: string; Properties: { ContainerDefinitions: Container[] } }> };
  const containers = Object.values(Resources).filter(({ Type }) => Type === 'AWS::ECS::TaskDefinition').flatMap(({ Properties }) => Properties.ContainerDefinitions);
  const service = containers.find(({ Name }) => Name === 'Service');
  const texts = (service?.Environment ?? []).flatMap(({ Name, Value }) => typeof Value === 'string' ? [[Name, Value]] : []);
  const fields = (service?.Secrets ?? []).flatMap(({ Name, ValueFrom }) => {
    const field = /:([A-Za-z]+)::/.exec(JSON.stringify(ValueFrom))?.[1];
    return field === undefined ? [] : [[Name, field]];
  });
  return { texts: Object.fromEntries(texts), fields: Object.fromEntries(fields) };
}

/** The environment of the container, with the value of a user's secret, where the file of authorities is at another path. */
export function taskEnvironment({ texts, fields }: TaskVariables, secret: Environment, caFile: string): Environment {
  const all = { ...texts, ...Object.fromEntries(Object.entries(fields).map(([variable, field]) => [variable, String(secret[field])])) };
  return mapped(all, (value) => value.replace(CA_FILE, caFile));
}

/** The same without the file: no variable leads to it. */
export function withoutAuthorities(environment: Environment, caFile: string): Environment {
  const others = Object.entries(environment).filter(([, value]) => value !== caFile);
  return mapped(Object.fromEntries(others), (value) => value.replace(`&sslrootcert=${caFile}`, ''));
}

/** The same, but the server has another name. */
export function withHost(environment: Environment, from: string, to: string): Environment {
  return mapped(environment, (value) => value === from ? to : value.replace(new RegExp(`(?<=[@/])${from.replaceAll('.', '\\.')}(?=:\\d+/)`), to));
}

function mapped(environment: Environment, change: (value: string) => string): Environment {
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, change(value)]));
}
