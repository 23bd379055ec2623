import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { referWeakly } from '../private/cross-stack';

/** Somebody who gets certificates with fixed names: an alias of the signer. */
export class CertificateIdentity extends Construct {
  /** ARN of the alias, which the holder invokes with a request. */
  public readonly functionArn: string;

  /** @param id also the name of the alias: letters, digits, hyphens and underscores */
  constructor(scope: Construct, id: string, signer: lambda.IFunction) {
    super(scope, id);
    // Of the function as it is now: a version would keep the names of its day, and CDK's own class makes one for each change.
    const alias = new lambda.CfnAlias(this, 'Resource', { functionName: signer.functionName, functionVersion: '$LATEST', name: id });
    alias.node.addDependency(signer);
    referWeakly(alias);
    this.functionArn = alias.ref;
  }

  /** Lets a principal have certificates with these names, and no others. */
  public grantSign(grantee: iam.IGrantable): iam.Grant {
    return iam.Grant.addToPrincipal({ grantee, actions: ['lambda:InvokeFunction'], resourceArns: [this.functionArn] });
  }
}
