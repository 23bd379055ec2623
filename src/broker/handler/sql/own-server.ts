import { SqlEnv, type SqlRequest } from '../../broker.contract';

/**
 * A request for the server of the function's own configuration, whatever the request names: the function has a way to no other. A configuration
 * that an older version of this library made has no server, and the request's counts.
 */
export function atOwnServer(request: SqlRequest, env: { readonly [name: string]: string | undefined }): SqlRequest {
  const { [SqlEnv.HOST]: host = request.server.host, [SqlEnv.PORT]: port = request.server.port } = env;
  return { ...request, server: { ...request.server, host, port: Number(port) } };
}
