import type { IConstruct } from 'constructs';

/** Something that must have succeeded before new tasks of a service start, such as migrations. */
export interface IServicePrerequisite {
  /**
   * Makes the start of a service wait for this.
   *
   * @param service the service; only its `AWS::ECS::Service` resource waits, nothing else in it
   */
  runBefore(service: IConstruct): void;
}
