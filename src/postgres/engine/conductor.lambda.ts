import { handleConductorRequest } from './handler/conductor/handle-conductor-request';
import { conductorHandler } from '../../broker/handler/conductor/conductor-handler';

/** Answers CloudFormation for `Custom::PostgresDatabase` and `Custom::PostgresUser`. */
export const handler = conductorHandler(handleConductorRequest);
