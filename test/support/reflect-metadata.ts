// The three functions of the `reflect-metadata` proposal that @peculiar/x509 expects its host to have when it is loaded.
type Store = Map<unknown, unknown>;

const stores = new WeakMap<object, Store>();

const polyfill = {
  defineMetadata(key: unknown, value: unknown, target: object): void {
    const store: Store = stores.get(target) ?? new Map();
    store.set(key, value);
    stores.set(target, store);
  },
  getOwnMetadata(key: unknown, target: object): unknown {
    return stores.get(target)?.get(key);
  },
  getMetadata(key: unknown, target: object | null): unknown {
    if (target === null) {
      return undefined;
    }
    return stores.get(target)?.get(key) ?? polyfill.getMetadata(key, Object.getPrototypeOf(target));
  },
};

for (const [name, value] of Object.entries(polyfill)) {
  if (!Reflect.has(Reflect, name)) {
    Reflect.defineProperty(Reflect, name, { value, configurable: true, writable: true });
  }
}
