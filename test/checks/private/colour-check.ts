import { CfnResource } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { Unknown, type ModelResource, type ModelValue } from '../../../src/checks/private/model';
import type { CheckRule, Evaluation } from '../../../src/checks/private/rule';
import { TemplateCheck } from '../../../src/checks/private/template-check';

export const RULE: CheckRule = { id: 'test-red', title: 'Nothing is red', why: 'Red is loud.', fix: 'Paint it.', severity: 'error' };

/** Judges resources of type Test::Paint by their colour, and keeps what it saw. */
export class ColourCheck extends TemplateCheck {
  public readonly seen: { resource: ModelResource; value: ModelValue | undefined; condition?: string }[] = [];

  public constructor(private readonly rule = RULE) {
    super('ColourCheck', [rule.id]);
  }

  public report() {
    return this._report();
  }

  public _evaluate(evaluation: Evaluation) {
    for (const resource of evaluation.model.ofType('Test::Paint')) {
      const value = resource.value('Colour');
      this.seen.push({ resource, value, condition: evaluation.model.condition });
      if (value instanceof Unknown) {
        evaluation.leavesOpen(this.rule, resource, `its colour is open: ${value.reason}`);
      } else if (value === 'red') {
        evaluation.violates(this.rule, resource, 'it is red');
      } else {
        evaluation.holds(this.rule, resource);
      }
    }
  }
}

export function paint(scope: IConstruct, id: string, Colour: unknown): CfnResource {
  return new CfnResource(scope, id, { type: 'Test::Paint', properties: { Colour } });
}
