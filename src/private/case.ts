/** A construct id as PostgreSQL users write names: `OrdersApi` becomes `orders_api`. */
export function snakeCase(id: string): string {
  return id
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .toLowerCase();
}

/** A construct id as DNS and file systems write names: `OrdersApi` becomes `orders-api`. */
export function kebabCase(id: string): string {
  return snakeCase(id).replace(/_/g, '-');
}
