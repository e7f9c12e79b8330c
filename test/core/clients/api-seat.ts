// The clients function's use cases with the real adapters against both stand-ins, and what a test wants to see of either: values in clear,
// in process, never in an answer.
import { createClaims } from '../../../lambda/adapters/aws/claims.ts'
import { createSecrets } from '../../../lambda/adapters/aws/secrets.ts'
import { writeBindings } from '../../../lambda/adapters/stytch/bindings.ts'
import { createClientKeeper } from '../../../lambda/adapters/stytch/client-keeper.ts'
import { createSlotIssuers } from '../../../lambda/adapters/stytch/issuers.ts'
import { withOtherKinds } from '../../../lambda/adapters/stytch/kind-records.ts'
import { createClientRegistry } from '../../../lambda/adapters/stytch/registry.ts'
import { type ApiStage, answerApiRequest } from '../../../lambda/core/clients/answer-api-request.ts'
import { authorityFor, authorityOf, DEFAULT_ALIAS, ownAliases } from '../../../lambda/core/clients/authority.ts'
import type { ClientsRequest } from '../../../lambda/core/clients/clients-api.ts'
import { PROJECT_ID, useAws, useStytch } from '../../fakes/stand-ins.ts'

export const FUNCTION = 'arn:aws:lambda:us-east-1:111111111111:function:m2m-prod-rotation'
export const PREFIX = 'm2m/prod/'
export const NAME = `${PREFIX}billing`

export const role = (name: string): string => `arn:aws:iam::111111111111:role/${name}`

export const RECORDS = { name: 'm2m-prod-records', partitionKey: 'pk', sortKey: 'sk' } as const

export const stage: ApiStage = {
  projectId: PROJECT_ID,
  secretNamePrefix: PREFIX,
  tokenUrl: `https://test.stytch.com/v1/public/${PROJECT_ID}/oauth2/token`,
  rotationFunctionArn: FUNCTION,
  readers: [role('rotation'), role('clients')],
  changers: [role('rotation'), role('clients')],
  rotators: [role('sweep')],
  replicas: [],
  backstop: { everyDays: 60 },
  periodHours: 720,
  overlapHours: 24,
  campaignEveryHours: 24,
}

/** As the command line invokes the function, where there are no sets. */
export const aliasFor = (request: ClientsRequest): string => {
  const kind = authorityFor(request)
  return kind === 'set' ? DEFAULT_ALIAS : ownAliases[kind]
}

/** As break-glass, whose alias allows everything. */
export const BREAK_GLASS = { kind: 'breakGlass' } as const

/** To be called at the top of a test file. */
export const useDesk = (of: ApiStage = stage) => {
  const stytchPlace = useStytch()
  const awsPlace = useAws([RECORDS])

  const compose = () => {
    const { api, reach } = stytchPlace.connect()
    const { secrets } = awsPlace.sdk()
    const timing = { now: () => awsPlace.world.clock.now() }
    const claims = createClaims(secrets, { table: RECORDS.name, endpoint: awsPlace.origin() }, async () => {})
    const issuer = createSlotIssuers({ stytch: reach, bindings: writeBindings(claims, timing.now) })
    const registry = createClientRegistry(api)
    const registration = { registry, issuer, secrets: createSecrets(secrets), timing }
    return {
      registration,
      issuer,
      registry,
      timing,
      clients: withOtherKinds(createClientKeeper(api), { issuer, claims }),
      claims,
      secrets: createSecrets(secrets),
    }
  }
  const askAs = async (qualifier: string, request: ClientsRequest): Promise<unknown> => {
    const authority = authorityOf(qualifier, of.sets ?? {})
    if (!authority.ok) throw new Error(authority.refusal)
    return answerApiRequest({ parts: compose(), stage: of, authority: authority.value }, request)
  }
  const ask = (request: ClientsRequest, qualifier = aliasFor(request)): Promise<unknown> => askAs(qualifier, request)
  const peek = (name = NAME) => awsPlace.standIn.peek(name)
  const stored = (name = NAME): Readonly<Record<string, unknown>> => {
    const current = peek(name)?.versions.find(({ stages }) => stages.includes('AWSCURRENT'))
    return JSON.parse(current?.value ?? '{}') as Readonly<Record<string, unknown>>
  }
  return { stytchPlace, awsPlace, compose, ask, askAs, peek, stored }
}
