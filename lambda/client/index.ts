// What a service imports as `m2m-secret-rotation/client`: the token client, for who needs tokens; the verifier, the list of revocations
// and the Lambda authorizer, for who is shown them. None of it needs the rest of this package.
export {
  type AuthorizerAnswer,
  type AuthorizerContext,
  type AuthorizerEvent,
  type AuthorizerSettings,
  createAuthorizer,
} from './authorizer.ts'
export { RevocationsUnavailable } from './revocation-list.ts'
export { createRevocations, type RevocationSettings, type Revocations } from './revocations.ts'
export type { AwsCredentials, VendorPlace } from './signed-request.ts'
export { createTokenClient, type TokenClient, type TokenClientSettings, type TokenRequest } from './token-client.ts'
export { type VendedToken, VendFailed, type VendFailure } from './vended-token.ts'
export {
  createVerifier,
  type RefusalCode,
  satisfies,
  TokenRefused,
  type VerifiedToken,
  type VerifierSettings,
  type Verify,
} from './verify.ts'
