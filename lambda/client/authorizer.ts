// A Lambda authorizer over verify(): for REST APIs (token or request), and for HTTP APIs in the simple form of payload 2.0. API Gateway
// may keep an authorizer's answer: keep it no longer than the list of revocations is polled (30 s), or a revoked token lives on there.
import { TokenRefused, type VerifiedToken, type Verify } from './verify.ts'

export interface AuthorizerEvent {
  readonly version?: string
  readonly type?: string
  readonly methodArn?: string
  readonly routeArn?: string
  readonly authorizationToken?: string
  readonly headers?: Readonly<Record<string, string | undefined>> | null
}

/** What the service sees of the caller. */
export type AuthorizerContext = Readonly<Record<'clientId' | 'scope', string>>

export type AuthorizerAnswer =
  | { readonly isAuthorized: boolean; readonly context?: AuthorizerContext }
  | {
      readonly principalId: string
      readonly policyDocument: {
        readonly Version: '2012-10-17'
        readonly Statement: readonly [
          { readonly Action: 'execute-api:Invoke'; readonly Effect: 'Allow' | 'Deny'; readonly Resource: string },
        ]
      }
      readonly context?: AuthorizerContext
    }

export interface AuthorizerSettings {
  readonly verify: Verify
  /** Of every route behind this authorizer. @default - what `verify` asks for */
  readonly requiredScopes?: readonly string[]
}

/** Which makes API Gateway answer 401; anything else that is thrown would be a 500. */
const UNAUTHORIZED = 'Unauthorized'

const tokenOf = ({ authorizationToken, headers }: AuthorizerEvent): string => {
  const names = Object.keys(headers ?? {})
  const name = names.find((one) => one.toLowerCase() === 'authorization')
  const header = authorizationToken ?? (name === undefined ? undefined : headers?.[name]) ?? ''
  const match = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(header.trim())
  if (match?.[1] === undefined) throw new Error(UNAUTHORIZED)
  return match[1]
}

/** `arn:aws:execute-api:<region>:<account>:<api>/<stage>` */
const STAGE = /^arn:[a-z-]+:execute-api:[a-z0-9-]+:\d{12}:[A-Za-z0-9]+\/[^/*?]+(?=\/)/

/** Of every route of the stage: an answer that is kept is kept for all of them. An event that names none is none of API Gateway's. */
const resourceOf = ({ methodArn, routeArn }: AuthorizerEvent): string => {
  const stage = STAGE.exec(methodArn ?? routeArn ?? '')?.[0]
  if (stage === undefined) throw new TypeError('methodArn: expected the ARN of a method')
  return `${stage}/*`
}

const policy = (event: AuthorizerEvent, effect: 'Allow' | 'Deny', token?: VerifiedToken): AuthorizerAnswer => ({
  principalId: token?.clientId ?? 'refused',
  policyDocument: {
    Version: '2012-10-17',
    Statement: [{ Action: 'execute-api:Invoke', Effect: effect, Resource: resourceOf(event) }],
  },
  ...(token === undefined ? {} : { context: contextOf(token) }),
})

const contextOf = ({ clientId, scopes }: VerifiedToken): AuthorizerContext => ({ clientId, scope: scopes.join(' ') })

/** @returns a handler. It throws `Unauthorized` for a token that is none, and whatever was unavailable as it came. */
export const createAuthorizer =
  ({ verify, requiredScopes = [] }: AuthorizerSettings) =>
  async (event: AuthorizerEvent): Promise<AuthorizerAnswer> => {
    const isSimple = event.version === '2.0'
    try {
      const token = await verify(tokenOf(event), { requiredScopes })
      return isSimple ? { isAuthorized: true, context: contextOf(token) } : policy(event, 'Allow', token)
    } catch (error) {
      if (!(error instanceof TokenRefused) || error.code === 'unavailable') throw error
      // Known, and not allowed: 403. Not known: 401.
      if (error.code === 'insufficient_scope') return isSimple ? { isAuthorized: false } : policy(event, 'Deny')
      throw new Error(UNAUTHORIZED)
    }
  }
