// strangers: an administrator whom no policy names, of the account and of another one, is kept from what only named roles may do: events
// in their names, use of the secrets' key, the evidence, what functions remember, and the functions with named callers.

import { eventSources, eventTypesOf } from '../../../lambda/core/base/event-types.ts'
import {
  GATE_KEYS,
  LEASE_KEYS,
  READ_KEYS,
  REPORT_KEYS,
  VERSION_KEYS,
} from '../../../lambda/core/rotation/record-keys.ts'
import {
  allowedOn,
  type CallerCall,
  clientSecretOf,
  foreignStranger,
  functionCallers,
  inRequest,
  type JudgedCaller,
  mayByEither,
  mayOn,
  ownStranger,
  policyOn,
  secretKeysOf,
} from '../callers.ts'
import type { EvaluationContext } from '../evaluate.ts'
import { type Finding, finder, type Rule } from '../finding.ts'
import { functionOf, policiesOf } from '../policies.ts'
import { type JudgedResource, ofType, type Stack } from '../template.ts'

const find = finder('strangers')

interface Guarded {
  readonly on: JudgedResource
  readonly call: CallerCall
  /** In words, for the finding. */
  readonly what: string
}

const events = (source: readonly string[], type: readonly string[]): EvaluationContext => ({
  ...(source.length === 0 ? {} : { 'events:source': source }),
  ...(type.length === 0 ? {} : { 'events:detail-type': type }),
})

const onBuses = (stack: Stack): readonly Guarded[] =>
  ofType(stack, 'AWS::Events::EventBus').flatMap((on) => {
    const requests = [
      ...eventSources.map((source) => ({
        what: `events of ${source}`,
        context: events([source], eventTypesOf(source)?.slice(0, 1) ?? []),
      })),
      { what: 'events of an unknown source', context: events(['unknown.source'], ['Anything']) },
      { what: 'events of no source', context: events([], ['Anything']) },
    ]
    return requests.map(({ what, context }) => ({
      on,
      what,
      call: { action: 'events:PutEvents', resource: stack.arnOf(on), context },
    }))
  })

const named = ['lambda:InvokeFunction', 'lambda:InvokeFunctionUrl']

const onFunctions = (stack: Stack): readonly Guarded[] =>
  functionCallers(stack)
    .filter(({ needed }) => needed.hasNamedCallers === true)
    .flatMap(({ fn, name }) =>
      named.flatMap((action) =>
        // A version is a resource of its own: a statement about the function says nothing of it.
        ['', ':$LATEST'].map((version) => ({
          on: fn,
          what: `${action} of ${name}${version}`,
          call: { action, resource: `${stack.arnOf(fn)}${version}` },
        })),
      ),
    )

/** Writing is for the function that archives, deleting for nobody, and the bucket's settings for those who keep it. */
const onEvidence = (stack: Stack): readonly Guarded[] => {
  const archive = functionCallers(stack).filter(({ needed }) => needed.calls.includes('s3:PutObject'))
  if (archive.length === 0) return []
  return ofType(stack, 'AWS::S3::Bucket').flatMap((on) => {
    const bucket = stack.arnOf(on)
    const objects = ['s3:PutObject', 's3:DeleteObject', 's3:DeleteObjectVersion']
    const settings = ['s3:PutBucketPolicy', 's3:DeleteBucketPolicy', 's3:PutLifecycleConfiguration']
    return [
      ...objects.map((action) => ({
        on,
        what: action,
        call: { action, resource: `${bucket}/any`, context: inRequest[action] ?? {} },
      })),
      ...settings.map((action) => ({ on, what: action, call: { action, resource: bucket } })),
    ]
  })
}

const WRITES = [
  'PutItem',
  'UpdateItem',
  'DeleteItem',
  'BatchWriteItem',
  'PartiQLInsert',
  'PartiQLUpdate',
  'PartiQLDelete',
]

/** In the tables whose items a function of the stage names by keys of its own. */
const onRecords = (stack: Stack): readonly Guarded[] => {
  const kept = functionCallers(stack).flatMap((caller) =>
    Object.keys(caller.needed.records ?? {}).flatMap((action) => allowedOn(caller, action)),
  )
  return ofType(stack, 'AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable')
    .filter((on) => kept.some((arn) => stack.find(arn)?.id === on.id))
    .flatMap((on) =>
      WRITES.flatMap((name) =>
        [undefined, LEASE_KEYS, VERSION_KEYS, GATE_KEYS, READ_KEYS, REPORT_KEYS].map((keys) => ({
          on,
          what: `dynamodb:${name} ${keys === undefined ? 'without a key' : `below ${keys}`}`,
          call: {
            action: `dynamodb:${name}`,
            resource: stack.arnOf(on),
            ...(keys === undefined ? {} : { context: { 'dynamodb:leadingkeys': [`${keys}any`] } }),
          },
        })),
      ),
    )
}

const plain: EvaluationContext = { 'aws:securetransport': 'false' }

/** Without TLS, whoever asks. */
const inPlain = (stack: Stack): readonly Guarded[] =>
  [
    ...ofType(stack, 'AWS::SQS::Queue').map((on) => ({ on, action: 'sqs:SendMessage', resource: stack.arnOf(on) })),
    ...ofType(stack, 'AWS::SNS::Topic').map((on) => ({ on, action: 'sns:Publish', resource: stack.arnOf(on) })),
    ...ofType(stack, 'AWS::S3::Bucket').map((on) => ({
      on,
      action: 's3:GetObject',
      resource: `${stack.arnOf(on)}/any`,
    })),
  ].map(({ on, ...call }) => ({ on, what: `${call.action} without TLS`, call: { ...call, context: plain } }))

const finding = (stack: Stack, who: string, { on, what }: Guarded): Finding =>
  find(stack, on.id, `${who} gets through: ${what}`)

/** Each has administrator's rights of its own: only a denial keeps it out. */
const judgeOwn = (stack: Stack): readonly Finding[] =>
  [...onBuses(stack), ...onFunctions(stack), ...onEvidence(stack), ...onRecords(stack), ...inPlain(stack)]
    .filter(({ on, call }) => mayByEither(policyOn(stack, on), ownStranger(stack), call) === 'allowed')
    .map((one) => finding(stack, 'an administrator of the account', one))

/** Of another account: the resource's own policy has to let it in. */
const judgeForeign = (stack: Stack): readonly Finding[] =>
  [...onBuses(stack), ...onFunctions(stack), ...onEvidence(stack), ...onRecords(stack)]
    .filter(({ on, call }) => mayOn(policyOn(stack, on), foreignStranger(), call) === 'allowed')
    .map((one) => finding(stack, 'an administrator of another account', one))

/** The archive itself writes each object once: a request that could replace one is denied to it as well. */
const judgeRewriting = (stack: Stack): readonly Finding[] =>
  functionCallers(stack).flatMap((caller) =>
    ofType(stack, 'AWS::S3::Bucket').flatMap((on) => {
      const call = { action: 's3:PutObject', resource: `${stack.arnOf(on)}/any` }
      if (mayByEither(policyOn(stack, on), caller, call) !== 'allowed') return []
      return [finding(stack, caller.name, { on, what: 's3:PutObject over an object that is there', call })]
    }),
  )

/** An alias has a policy of its own, and that of its function says nothing of it. */
const judgeAliases = (stack: Stack): readonly Finding[] =>
  functionCallers(stack)
    .filter(({ needed }) => needed.hasNamedCallers === true)
    .flatMap(({ fn }) =>
      ofType(stack, 'AWS::Lambda::Alias').filter(({ properties }) => functionOf(stack, properties.FunctionName) === fn),
    )
    .flatMap((alias) => {
      const resource = stack.arnOf(alias)
      const policy = policiesOf(stack)
        .filter(({ holders }) => holders.includes(resource))
        .flatMap(({ statements }) => statements)
      return named
        .map((action) => ({ on: alias, what: `${action} of ${resource}`, call: { action, resource } }))
        .filter(({ call }) => mayByEither(policy, ownStranger(stack), call) === 'allowed')
        .map((one) => finding(stack, 'an administrator of the account', one))
    })

const judgeKey = (stack: Stack, key: JudgedResource, secret: string): readonly Finding[] => {
  const resource = stack.arnOf(key)
  const via = {
    'kms:viaservice': `secretsmanager.${stack.region}.amazonaws.com`,
    'kms:encryptioncontext:secretarn': secret,
  }
  const requests: readonly (readonly [string, JudgedCaller, CallerCall])[] = [
    ['an administrator of the account', ownStranger(stack), { action: 'kms:Decrypt', resource }],
    ['an administrator of the account', ownStranger(stack), { action: 'kms:CreateGrant', resource }],
    ['an administrator of the account', ownStranger(stack), { action: 'kms:PutKeyPolicy', resource }],
    ['an administrator of the account', ownStranger(stack), { action: 'kms:GenerateDataKey', resource, context: via }],
    ['an administrator of another account', foreignStranger(), { action: 'kms:Decrypt', resource, context: via }],
  ]
  return requests
    .filter(([, caller, call]) => mayOn(policyOn(stack, key), caller, call) === 'allowed')
    .map(([who, , call]) => finding(stack, who, { on: key, call, what: call.action }))
}

const judgeKeys = (stack: Stack): readonly Finding[] => {
  const secret = clientSecretOf(stack)
  return secret === undefined ? [] : secretKeysOf(stack).flatMap((key) => judgeKey(stack, key, secret))
}

export const strangers: Rule = {
  id: 'strangers',
  judge: (stacks) =>
    stacks.flatMap((stack) => [
      ...judgeOwn(stack),
      ...judgeForeign(stack),
      ...judgeKeys(stack),
      ...judgeAliases(stack),
      ...judgeRewriting(stack),
    ]),
}
