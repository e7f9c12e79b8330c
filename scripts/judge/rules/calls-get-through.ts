// calls-get-through: what a function calls is allowed by the policies of both sides together, with what AWS puts into the request: the
// role's own statements, and the policy of the bus, key, bucket, table or function. `needed-calls` looks at the role alone.

import { eventTypesOf } from '../../../lambda/core/base/event-types.ts'
import {
  allowedOn,
  type CallerCall,
  callerOf,
  clientSecretOf,
  type FunctionCaller,
  functionCallers,
  inCallOf,
  mayBy,
  mayByEither,
  mayOn,
  policyOn,
  secretKeysOf,
} from '../callers.ts'
import { type Finding, finder, type Rule } from '../finding.ts'
import { functionOf } from '../policies.ts'
import { type JudgedResource, ofType, type Stack } from '../template.ts'

const find = finder('calls-get-through')

const put = (bus: string, source: string, type: string): CallerCall => ({
  action: 'events:PutEvents',
  resource: bus,
  context: { 'events:source': [source], 'events:detail-type': [type] },
})

const judgePublishing = (stack: Stack, caller: FunctionCaller): readonly Finding[] => {
  const { fn, name, needed } = caller
  const source = needed.publishes
  if (source === undefined) return []
  const buses = ofType(stack, 'AWS::Events::EventBus')
  if (buses.length === 0) return [find(stack, fn.id, `puts events of ${source}, and the stack has no bus`)]
  const others = allowedOn(caller, 'events:PutEvents').filter((arn) => !buses.some((bus) => stack.arnOf(bus) === arn))
  return [
    ...others.map((arn) => find(stack, fn.id, `may put events on ${arn}, which is not the stack's bus`)),
    ...buses.flatMap((bus) =>
      (eventTypesOf(source) ?? []).flatMap((type) => {
        const decision = mayByEither(policyOn(stack, bus), caller, put(stack.arnOf(bus), source, type))
        const says = `${name} puts ${type} of ${source} on ${bus.id}: ${decision}`
        return decision === 'allowed' ? [] : [find(stack, fn.id, says)]
      }),
    ),
  ]
}

/** Secrets Manager tries a key with it before it creates a secret (User Guide, "Secret encryption and decryption"). */
const KEY_PROBE = 'RequestToValidateKeyAccess'

const throughSecretsManager = ({ region }: Stack, key: string, action: string, secret: string): CallerCall => ({
  action,
  resource: key,
  context: {
    'kms:viaservice': `secretsmanager.${region}.amazonaws.com`,
    'aws:viaawsservice': 'true',
    'kms:encryptioncontext:secretarn': secret,
  },
})

/** A key's policy must allow its use itself, whatever a role's own policies say (KMS Developer Guide, "Key policies"). */
const judgeKeys = (stack: Stack, caller: FunctionCaller): readonly Finding[] => {
  const { fn, name, needed } = caller
  const { calls, demanded = [] } = needed
  const secret = clientSecretOf(stack)
  const actions = demanded.filter((action) => action.startsWith('kms:'))
  if (secret === undefined || actions.length === 0) return []
  const secrets = [secret, ...(calls.includes('secretsmanager:CreateSecret') ? [KEY_PROBE] : [])]
  return secretKeysOf(stack).flatMap((key) =>
    actions.flatMap((action) =>
      secrets.flatMap((one) => {
        const call = throughSecretsManager(stack, stack.arnOf(key), action, one)
        const own = mayBy(caller, call)
        const its = mayOn(policyOn(stack, key), caller, call)
        return [
          ...(own === 'allowed' ? [] : [find(stack, fn.id, `${name} needs ${action} for ${one}, by its role: ${own}`)]),
          ...(its === 'allowed' ? [] : [find(stack, key.id, `${name} needs ${action} for ${one}, by the key: ${its}`)]),
        ]
      }),
    ),
  )
}

/** Calls whose target the stack has, and how to find it by what the role's statement names. */
const targets: Readonly<Record<string, (stack: Stack, arn: string) => JudgedResource | undefined>> = {
  's3:PutObject': (stack, arn) => stack.find(arn.replace(/\/.*$/, '')),
  'dynamodb:GetItem': (stack, arn) => stack.find(arn),
  'dynamodb:PutItem': (stack, arn) => stack.find(arn),
  'dynamodb:DeleteItem': (stack, arn) => stack.find(arn),
  'dynamodb:UpdateItem': (stack, arn) => stack.find(arn),
  'dynamodb:Query': (stack, arn) => stack.find(arn),
  'kms:Sign': (stack, arn) => stack.find(arn),
  'sqs:SendMessage': (stack, arn) => stack.find(arn),
  'lambda:InvokeFunction': (stack, arn) => functionOf(stack, arn),
}

const judgeTargets = (stack: Stack, caller: FunctionCaller): readonly Finding[] =>
  Object.entries(targets).flatMap(([action, targetOf]) =>
    allowedOn(caller, action).flatMap((arn) => {
      const target = targetOf(stack, arn)
      if (target === undefined) {
        return [find(stack, caller.fn.id, `${caller.name} may call ${action} on ${arn}, which the stack does not have`)]
      }
      const call = { action, resource: arn.replace(/\*$/, 'any'), context: inCallOf(caller, action) }
      const decision = mayByEither(policyOn(stack, target), caller, call)
      return decision === 'allowed'
        ? []
        : [find(stack, target.id, `${caller.name} calls ${action} on ${target.id}: ${decision}`)]
    }),
  )

const judgeLogs = (stack: Stack, caller: FunctionCaller): readonly Finding[] => {
  const { fn, name } = caller
  const { LogGroup } = Object(fn.properties.LoggingConfig) as { readonly LogGroup?: unknown }
  const group = `arn:aws:logs:${stack.region}:${stack.account}:log-group:${String(LogGroup ?? `/aws/lambda/${name}`)}`
  return ['logs:CreateLogStream', 'logs:PutLogEvents'].flatMap((action) => {
    const decision = mayBy(caller, { action, resource: `${group}:log-stream:any` })
    const others = allowedOn(caller, action).filter((arn) => !arn.startsWith(`${group}:`))
    return [
      ...(decision === 'allowed' ? [] : [find(stack, fn.id, `${name} needs ${action} on ${group}: ${decision}`)]),
      ...others.map((arn) => find(stack, fn.id, `${name} may call ${action} on ${arn}, which is not its log group`)),
    ]
  })
}

/** The account's root is the last that can change a key's policy; without it, nobody can (KMS Developer Guide, "Key policies"). */
const judgeKeepers = (stack: Stack): readonly Finding[] =>
  ofType(stack, 'AWS::KMS::Key').flatMap((key) => {
    const root = callerOf(`arn:aws:iam::${stack.account}:root`)
    const policy = policyOn(stack, key)
    const missing = ['kms:PutKeyPolicy', 'kms:DescribeKey'].filter(
      (action) => mayOn(policy, root, { action, resource: stack.arnOf(key) }) !== 'allowed',
    )
    return missing.map((action) => find(stack, key.id, `the account's root needs ${action}, by the key`))
  })

export const callsGetThrough: Rule = {
  id: 'calls-get-through',
  judge: (stacks) =>
    stacks.flatMap((stack) => [
      ...judgeKeepers(stack),
      ...functionCallers(stack).flatMap((caller) => [
        ...judgePublishing(stack, caller),
        ...judgeKeys(stack, caller),
        ...judgeTargets(stack, caller),
        ...judgeLogs(stack, caller),
      ]),
    ]),
}
