import type { Level } from './hardening-rule';
import { isSymbolic, mentionsOf, type ModelResource, type ModelValue, type TemplateModel } from '../../private/model';

interface Pointers {
  readonly byTarget: ReadonlyMap<ModelResource, readonly ModelResource[]>;
  readonly open: readonly ModelResource[];
}

/** What the rules look up around a resource, each index made once. */
export class World {
  private readonly pointers = new Map<string, Pointers>();
  private readonly levels = new Map<ModelResource, Level>();

  /** @param level that of the posture at each resource where it is undefined */
  public constructor(public readonly model: TemplateModel, private readonly level?: Level) {}

  /** The level at which a resource is judged. */
  public levelOf(resource: ModelResource): Level {
    const level = this.level ?? this.levels.get(resource) ?? postureLevel(resource);
    this.levels.set(resource, level);
    return level;
  }

  /** Resources of a type with a property that refers to the target. */
  public pointingAt(type: string, path: string, target: ModelResource): readonly ModelResource[] {
    return this.pointersOf(type, path).byTarget.get(target) ?? [];
  }

  /** Resources of a type whose property refers to something that only the deployment knows. */
  public open(type: string, path: string): readonly ModelResource[] {
    return this.pointersOf(type, path).open;
  }

  private pointersOf(type: string, path: string): Pointers {
    const key = `${type} ${path}`;
    const known = this.pointers.get(key);
    if (known !== undefined) {
      return known;
    }
    const byTarget = new Map<ModelResource, ModelResource[]>();
    const open: ModelResource[] = [];
    for (const resource of this.model.ofType(type)) {
      const value = resource.value(path);
      const targets = new Set(mentionsOf(value));
      targets.forEach((target) => byTarget.set(target, [...(byTarget.get(target) ?? []), resource]));
      if (targets.size === 0 && isOpen(value)) {
        open.push(resource);
      }
    }
    const pointers = { byTarget, open };
    this.pointers.set(key, pointers);
    return pointers;
  }
}

function postureLevel({ origin }: ModelResource): Level {
  return origin.posture === 'development' ? 'development' : 'production';
}

function isOpen(value: ModelValue | undefined): boolean {
  return isSymbolic(value);
}
