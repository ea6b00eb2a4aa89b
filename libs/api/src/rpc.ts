// Google's status and error details, as they travel in `grpc-status-details-bin`.
export {
  BadRequest,
  BadRequest_FieldViolation,
  ErrorInfo,
  RetryInfo,
} from './gen/google/rpc/error_details.js';
export { Status } from './gen/google/rpc/status.js';
