import { filterTemplate, type FilterOptions, type Template } from './filter';

const OPTIONS: FilterOptions = {
  types: new Set(['AWS::CloudWatch::Alarm', 'AWS::RDS::DBInstance', 'AWS::SecretsManager::Secret', 'AWS::IAM::Policy', 'AWS::Lambda::Function']),
  adminSecretArn: 'arn:admin',
  host: 'localhost',
  port: 15432,
};

function filter(Resources: Template['Resources'], Outputs?: Template['Outputs']) {
  return filterTemplate({ Resources, Outputs }, OPTIONS);
}

test('a template that the emulator knows stays as it is', () => {
  const { template, changes } = filter({ Policy: { Type: 'AWS::IAM::Policy', Properties: { Roles: [{ Ref: 'AWS::NoValue' }] }, DependsOn: ['Other'] }, Other: { Type: 'Custom::Own', Properties: {} } });
  expect(template.Resources.Policy).toEqual({ Type: 'AWS::IAM::Policy', Properties: { Roles: [{ Ref: 'AWS::NoValue' }] }, DependsOn: ['Other'] });
  expect(changes).toEqual({});
});

test('unknown types go with all that refers to them, and each is noted', () => {
  const { template, changes } = filter({
    Bastion: { Type: 'AWS::EC2::Instance' },
    Policy: { Type: 'AWS::IAM::Policy', Properties: { Statement: [{ 'Fn::Sub': 'arn:${Bastion}' }, { 'Fn::GetAtt': ['Bastion', 'PrivateIp'] }, 'kept'] }, DependsOn: ['Bastion', 'Own'] },
    Own: { Type: 'Custom::Own' },
  }, { Id: { Value: { Ref: 'Bastion' } }, Kept: { Value: 'kept' } });
  expect(Object.keys(template.Resources)).toEqual(['Policy', 'Own']);
  expect(template.Resources.Policy).toMatchObject({ Properties: { Statement: ['filtered', 'filtered-Bastion', 'kept'] }, DependsOn: ['Own'] });
  expect(template.Outputs).toEqual({ Kept: { Value: 'kept' } });
  expect(changes).toEqual({
    'AWS::EC2::Instance': ['Bastion'],
    'AWS::IAM::Policy Statement: refers to what is taken out': ['Policy'],
    'Output: refers to what is taken out': ['Id'],
  });
});

test('alarms of several metrics go, those of one stay', () => {
  const { template, changes } = filter({
    Rate: { Type: 'AWS::CloudWatch::Alarm', Properties: { Metrics: [{ Expression: 'errors / requests' }] } },
    Cpu: { Type: 'AWS::CloudWatch::Alarm', Properties: { MetricName: 'CPUUtilization' } },
  });
  expect(Object.keys(template.Resources)).toEqual(['Cpu']);
  expect(changes).toEqual({ 'AWS::CloudWatch::Alarm of several metrics': ['Rate'] });
});

test('the real server takes the place of the RDS server', () => {
  const { template, changes } = filter({
    Server: { Type: 'AWS::RDS::DBInstance', Properties: { Port: '5432', MultiAZ: true } },
    Conductor: {
      Type: 'AWS::Lambda::Function',
      Properties: { Environment: { Variables: { SERVER_KIND: 'instance', HOST: { 'Fn::GetAtt': ['Server', 'Endpoint.Address'] }, PORT: '5432', ADMIN: { 'Fn::GetAtt': 'Server.MasterUserSecret.SecretArn' } } } },
    },
    Sql: { Type: 'AWS::Lambda::Function', Properties: { Environment: { Variables: { HOST: { 'Fn::GetAtt': ['Server', 'Endpoint.Address'] }, PORT: '5432' } } } },
  });
  expect(template.Resources.Server.Properties).toEqual({ Port: '15432', MultiAZ: true });
  expect(template.Resources.Conductor.Properties).toEqual({ Environment: { Variables: { SERVER_KIND: 'instance', HOST: 'localhost', PORT: '15432', ADMIN: 'arn:admin' } } });
  expect(template.Resources.Sql.Properties).toEqual({ Environment: { Variables: { HOST: 'localhost', PORT: '15432' } } });
  expect(Object.keys(changes)).toHaveLength(4);
});

test('a generated password has no punctuation where the template wants none', () => {
  const { template, changes } = filter({ Secret: { Type: 'AWS::SecretsManager::Secret', Properties: { GenerateSecretString: { ExcludePunctuation: true, PasswordLength: 40 } } } });
  expect(template.Resources.Secret.Properties).toEqual({ GenerateSecretString: { ExcludeCharacters: expect.stringMatching(/^[^a-zA-Z0-9\s]{32}$/) as unknown, PasswordLength: 40 } });
  expect(changes).toEqual({ 'AWS::SecretsManager::Secret GenerateSecretString: the emulator does not know ExcludePunctuation, but ExcludeCharacters': ['Secret'] });
});

test('references to a secret give its ARN, as on AWS', () => {
  const { template } = filter({ Secret: { Type: 'AWS::SecretsManager::Secret' }, User: { Type: 'Custom::User', Properties: { SecretArn: { Ref: 'Secret' } } } });
  expect(template.Resources.User.Properties).toEqual({ SecretArn: { 'Fn::GetAtt': ['Secret', 'Id'] } });
});
