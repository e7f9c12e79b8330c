// What somebody could do with values, rotations, reports and evidence; openings.ts has the rest. The rows of the table, in order.
import { eventSources, eventTypesOf, leakSources } from '../../lambda/core/base/event-types.ts'
import { LOOK_ALIAS, OPERATE_ALIAS } from '../../lambda/core/clients/authority.ts'
import { BREAK_GLASS_ALIAS } from '../../lambda/core/clients/clients-api.ts'
import { CLAIM_KEYS, GATE_KEYS, LEASE_KEYS, READ_KEYS, VERSION_KEYS } from '../../lambda/core/rotation/record-keys.ts'
import { type Ability, way } from './ability.ts'
import { apiArn, type Deployment, secrets, settings } from './deployment.ts'
import { openings } from './openings.ts'
import { type RequestedCall, type Requests, requestsOf } from './requests.ts'

/** By its logical id (lib/rotation/records-table.ts). */
const isRecordsTable = (id: string): boolean => id.startsWith('Records')

/** A version's id, as Secrets Manager asks for it. */
const SOME_VERSION = 'rotate-00000000-0000-4000-8000-000000000000'

const values = (requests: Requests, { template }: Deployment): readonly Ability[] => {
  const { plainRead, read, write, onSecret, onKey, ask } = requests
  const apis = template.ofType('AWS::ApiGateway::RestApi').map(({ properties }) => apiArn(String(properties.$ref)))
  const group = 'Values'
  return [
    {
      id: 'read-billing',
      title: 'reads `billing`',
      group,
      ways: [way('GetSecretValue', ...plainRead(secrets.billing))],
    },
    {
      id: 'read-reports',
      title: 'reads `reports`',
      group,
      ways: [way('GetSecretValue', ...plainRead(secrets.reports))],
    },
    {
      id: 'read-by-id',
      title: 'reads a version by its id',
      group,
      ways: [secrets.billing, secrets.reports].map((arn) =>
        way(
          'VersionId',
          read(arn, { 'secretsmanager:VersionId': SOME_VERSION }),
          read(arn, { 'secretsmanager:VersionId': SOME_VERSION, 'secretsmanager:VersionStage': 'AWSCURRENT' }),
        ),
      ),
    },
    {
      id: 'decrypt',
      title: 'decrypts with the key itself',
      group,
      ways: [way('Decrypt', onKey('Decrypt', { 'kms:EncryptionContext:SecretARN': secrets.billing }))],
    },
    {
      id: 'read-project',
      title: 'reads the project secret',
      group,
      // Under `aws/secretsmanager`, whose policy admits whoever comes through Secrets Manager.
      ways: [way('GetSecretValue', [onSecret('GetSecretValue', secrets.project)])],
    },
    {
      id: 'vend',
      title: 'gets a token from the vendor',
      group,
      ways: ['billing', 'reports'].flatMap((client) =>
        apis.map((arn) => {
          const path = `${arn}/v1/POST/clients/${client}/token`
          return way(`\`${client}\``, [ask('execute-api:Invoke', path, {}, arn)])
        }),
      ),
    },
    {
      id: 'change',
      title: 'stores, deletes or copies a value',
      group,
      ways: [
        way('PutSecretValue', write('PutSecretValue', secrets.billing)),
        way('UpdateSecret', write('UpdateSecret', secrets.billing)),
        way('DeleteSecret', [onSecret('DeleteSecret', secrets.billing)]),
        way('ReplicateSecretToRegions', [
          onSecret('ReplicateSecretToRegions', secrets.billing, { 'secretsmanager:AddReplicaRegions': ['eu-north-1'] }),
        ]),
      ],
    },
    {
      id: 'create',
      title: "makes a secret under the next client's name",
      group,
      ways: [
        way('CreateSecret', [
          ask('secretsmanager:CreateSecret', secrets.billing.replace('billing-AbCdEf', 'next-AbCdEf'), {
            'secretsmanager:Name': 'm2m/prod/next',
          }),
        ]),
      ],
    },
  ]
}

const rotations = (requests: Requests, { qualifiers, functions }: Deployment): readonly Ability[] => {
  const { rotate, invoke, onSecret, say, ask, here, functionArn } = requests
  const group = 'Rotations and reports'
  const { billing } = secrets
  const clients = qualifiers.get(functionArn('clients')) ?? []
  const identify = qualifiers.get(functionArn('identify')) ?? []
  const as = (alias: string) =>
    clients.filter((arn) => arn.endsWith(`:${alias}`)).map((arn) => way(`\`${alias}\``, ...invoke(arn)))
  const qualifier = (arn: string): string => arn.split(':')[7] ?? 'unqualified'
  const label = (stage: string) =>
    onSecret('UpdateSecretVersionStage', billing, { 'secretsmanager:VersionStage': stage })
  const tag = (key: string): RequestedCall => [
    onSecret('TagResource', billing, { 'aws:TagKeys': [key], [`aws:RequestTag/${key}`]: 'x' }),
  ]
  const invokesRotation = ask('lambda:InvokeFunction', functionArn('rotation'), { 'aws:ViaAWSService': 'true' })
  const elsewhere = here('lambda', 'function:somebody-elses')
  return [
    { id: 'rotate', title: 'rotates', group, ways: [way('RotateSecret', ...rotate(billing))] },
    {
      id: 'redirect',
      title: 'changes how it rotates',
      group,
      ways: [
        way('another function', [
          onSecret('RotateSecret', billing, { 'secretsmanager:RotationLambdaARN': elsewhere }),
          ask('lambda:InvokeFunction', elsewhere, { 'aws:ViaAWSService': 'true' }),
        ]),
        way('another schedule', [
          onSecret('RotateSecret', billing, {
            'secretsmanager:RotationLambdaARN': functionArn('rotation'),
            'secretsmanager:ModifyRotationRules': 'true',
          }),
          invokesRotation,
        ]),
        way('CancelRotateSecret', [onSecret('CancelRotateSecret', billing)]),
      ],
    },
    { id: 'move-current', title: 'moves AWSCURRENT', group, ways: [way('AWSCURRENT', [label('AWSCURRENT')])] },
    { id: 'clear-pending', title: 'removes AWSPENDING', group, ways: [way('AWSPENDING', [label('AWSPENDING')])] },
    {
      id: 'retag',
      title: 'changes tags that decide something',
      group,
      ways: ['m2m:client-id', 'm2m:held', 'm2m:policy', 'm2m:stack', 'vend:scopes'].map((key) =>
        way(`\`${key}\``, tag(key)),
      ),
    },
    {
      id: 'untag',
      title: 'removes such tags',
      group,
      ways: ['m2m:client-id', 'm2m:held', 'vend:scopes'].map((key) =>
        way(`\`${key}\``, [onSecret('UntagResource', billing, { 'aws:TagKeys': [key] })]),
      ),
    },
    {
      id: 'freeze',
      title: 'freezes',
      group,
      ways: [way('PutParameter', [ask('ssm:PutParameter', here('ssm', 'parameter/m2m/prod/freeze'))])],
    },
    {
      id: 'report',
      title: 'reports a leak, by source',
      group,
      ways: Object.values(leakSources).map((source) => way(`\`${source}\``, say(source, 'Secret Leak Reported'))),
    },
    { id: 'look', title: 'looks by the clients function', group, ways: as(LOOK_ALIAS) },
    { id: 'hold', title: 'holds by the clients function', group, ways: as(OPERATE_ALIAS) },
    { id: 'declare', title: 'declares clients, by set', group, ways: Object.keys(settings.sets).flatMap(as) },
    { id: 'switch-off', title: 'switches a client off, writes claims', group, ways: as(BREAK_GLASS_ALIAS) },
    {
      id: 'call-bare',
      title: 'invokes the clients function without an alias',
      group,
      ways: [way('InvokeFunction', ...invoke(functionArn('clients')))],
    },
    {
      id: 'identify',
      title: 'searches for a leaked value',
      group,
      ways: identify.map((arn) => way(qualifier(arn), ...invoke(arn))),
    },
    {
      id: 'forge-step',
      title: 'invokes the rotation function',
      group,
      ways: functions.has('rotation') ? [way('InvokeFunction', ...invoke(functionArn('rotation')))] : [],
    },
    {
      id: 'start-campaign',
      title: 'starts campaigns',
      group,
      ways: (qualifiers.get(functionArn('campaign')) ?? []).map((arn) => way(`\`${qualifier(arn)}\``, ...invoke(arn))),
    },
    {
      // Each acts on what its event says: of which stack a client is, who reports a leak, who has read, who asks for a token.
      id: 'call-past',
      title: 'invokes a function past CloudFormation, bus or API',
      group,
      ways: ['registrar', 'incident', 'reads', 'vendor']
        .filter((part) => functions.has(part))
        .map((part) => way(part, ...invoke(functionArn(part)))),
    },
  ]
}

const evidence = (
  { say, onObject, onProof, onList, onBucket, sign, ask, here, invoke, functionArn }: Requests,
  { template, proofKeyArn, revocations, functions }: Deployment,
): readonly Ability[] => {
  const group = 'Evidence'
  const records = template
    .ofType('AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable')
    .filter(({ id }) => isRecordsTable(id))
  /** Writes below the keys of one kind of record. */
  const onRecords = (keysOf: (name: string) => string) =>
    records.flatMap(({ properties }) =>
      ['PutItem', 'UpdateItem', 'DeleteItem'].map((name) =>
        way(name, [
          ask(`dynamodb:${name}`, String(properties.$arn), { 'dynamodb:LeadingKeys': [`${keysOf(name)}forged`] }),
        ]),
      ),
    )
  return [
    {
      id: 'forge-outcome',
      title: 'reports outcomes, by source',
      group,
      // Each with a type that it may report: the bus denies every other.
      ways: ['m2m.rotation', 'm2m.incident', 'm2m.sweep', 'm2m.campaign', 'm2m.vendor'].map((source) =>
        way(`\`${source}\``, say(source, eventTypesOf(source)?.[0] ?? '')),
      ),
    },
    {
      id: 'forge-revoked',
      title: 'announces a revoke, by source',
      group,
      // What the rotation function alone can know, said under every source there is.
      ways: eventSources.map((source) => way(`\`${source}\``, say(source, 'Secret Revoked'))),
    },
    {
      id: 'forge-archived',
      title: 'hands the archive function an event',
      group,
      ways: functions.has('archive') ? [way('InvokeFunction', ...invoke(functionArn('archive')))] : [],
    },
    {
      id: 'forge-object',
      title: 'adds an object to the archive',
      group,
      ways: [way('PutObject', onObject('PutObject', { 's3:if-none-match': '*' }))],
    },
    {
      id: 'sign-proof',
      title: 'signs a proof',
      group,
      ways: [way('Sign', sign(proofKeyArn, 'DIGEST')), way('Sign, the text', sign(proofKeyArn, 'RAW'))],
    },
    {
      id: 'forge-proof',
      title: 'stores a proof',
      group,
      ways: [way('PutObject', onProof('PutObject', { 's3:if-none-match': '*' }))],
    },
    {
      id: 'replace-object',
      title: 'replaces an object',
      group,
      ways: [way('PutObject', onObject('PutObject'))],
    },
    {
      id: 'destroy',
      title: 'deletes evidence, or lets it expire',
      group,
      ways: [
        ...['DeleteObject', 'DeleteObjectVersion'].map((name) => way(name, onObject(name))),
        ...['DeleteBucket', 'PutBucketVersioning', 'PutLifecycleConfiguration'].map((name) =>
          way(name, onBucket(name)),
        ),
      ],
    },
    {
      id: 'forge-lease',
      title: 'writes what rotations remember',
      group,
      ways: onRecords((name) => (name === 'UpdateItem' ? VERSION_KEYS : LEASE_KEYS)),
    },
    { id: 'forge-claim', title: 'writes which secret holds a client', group, ways: onRecords(() => CLAIM_KEYS) },
    {
      id: 'sign-list',
      title: 'signs the list of revocations',
      group,
      ways: [way('Sign', sign(revocations.keyArn, 'DIGEST')), way('Sign, the text', sign(revocations.keyArn, 'RAW'))],
    },
    {
      id: 'publish-list',
      title: 'publishes or removes the list of revocations',
      group,
      ways: [
        way('PutObject', onList('PutObject', { 's3:if-match': '"etag"' })),
        way('PutObject, whatever stands there', onList('PutObject')),
        way('DeleteObject', onList('DeleteObject')),
      ],
    },
    { id: 'forge-gate', title: "writes the intake's gate", group, ways: onRecords(() => GATE_KEYS) },
    {
      id: 'forge-record',
      title: 'writes who has read what',
      group,
      ways: onRecords(() => READ_KEYS),
    },
    {
      id: 'silence',
      title: 'silences alarms',
      group,
      ways: [
        way('DisableRule', [ask('events:DisableRule', here('events', 'rule/m2m-prod/m2m-prod-AlarmsDrift'))]),
        way('DeleteAlarms', [ask('cloudwatch:DeleteAlarms', here('cloudwatch', 'alarm:m2m-prod-overdue'))]),
        way('DeleteTopic', [ask('sns:DeleteTopic', here('sns', 'm2m-prod-alarms'))]),
      ],
    },
  ]
}

export const abilitiesOf = (deployment: Deployment): readonly Ability[] => {
  const requests = requestsOf(deployment)
  return [
    ...values(requests, deployment),
    ...rotations(requests, deployment),
    ...evidence(requests, deployment),
    ...openings(requests, deployment),
  ]
}
