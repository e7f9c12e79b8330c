// What AWS asks its policies when somebody does something: action, resource, and the condition keys that come with the request. One call
// may be several requests: Secrets Manager decrypts on behalf of whoever reads. Where AWS does not say whether a key is there, the same
// call is put in both readings, and what the system promises has to hold for each.
import { REVOCATIONS_OBJECT } from '../../lambda/core/revocations/document.ts'
import { ACCOUNT, type Deployment, type PolicyDocument, place } from './deployment.ts'

export type RequestContext = Readonly<Record<string, string | readonly string[]>>

export interface RecordedRequest {
  readonly action: string
  readonly resource: string
  readonly resourceAccount: string
  readonly resourcePolicy?: PolicyDocument
  /** CALLERS_ACCOUNT stands for the caller's account. */
  readonly context: RequestContext
}

export const CALLERS_ACCOUNT = '(account of the caller)'

/** All of these must be allowed for the call to succeed. */
export type RequestedCall = readonly RecordedRequest[]

const here = (service: string, resource: string): string => `arn:aws:${service}:${place.region}:${ACCOUNT}:${resource}`

export const requestsOf = ({
  resourcePolicies,
  keyArn,
  proofKeyArn,
  bucketName,
  revocations,
  functions,
}: Deployment) => {
  /** `guardedBy`: the resource whose policy has a say, where it is another than the one in the request. */
  const ask = (
    action: string,
    resource: string,
    context: RequestContext = {},
    guardedBy = resource,
  ): RecordedRequest => {
    const resourcePolicy = resourcePolicies.get(guardedBy)
    return {
      action,
      resource,
      resourceAccount: ACCOUNT,
      ...(resourcePolicy === undefined ? {} : { resourcePolicy }),
      context: { 'aws:ResourceAccount': ACCOUNT, ...context },
    }
  }

  const functionArn = (part: string): string => functions.get(part)?.arn ?? here('lambda', `function:m2m-prod-${part}`)

  const onSecret = (operation: string, arn: string, context: RequestContext = {}): RecordedRequest =>
    ask(`secretsmanager:${operation}`, arn, { 'secretsmanager:SecretId': arn, ...context })

  /** https://docs.aws.amazon.com/kms/latest/developerguide/services-secrets-manager.html */
  const keyFor = (operation: string, secretArn: string): RecordedRequest =>
    ask(`kms:${operation}`, keyArn, {
      ...onKey,
      'kms:ViaService': `secretsmanager.${place.region}.amazonaws.com`,
      'kms:EncryptionContext:SecretARN': secretArn,
      'kms:EncryptionContextKeys': ['SecretARN', 'SecretVersionId'],
      'aws:ViaAWSService': 'true',
    })

  const onKey: RequestContext = { 'kms:CallerAccount': CALLERS_ACCOUNT, 'kms:ResourceAliases': ['alias/m2m-prod'] }

  const read = (arn: string, context: RequestContext): RequestedCall => [
    onSecret('GetSecretValue', arn, context),
    keyFor('Decrypt', arn),
  ]

  return {
    ask,
    here,
    functionArn,
    onSecret,
    /**
     * By its own name, or by an alias. Whether the function's policy is asked about a call by an alias as well as the alias's is
     * undocumented.
     */
    invoke: (arn: string): readonly RequestedCall[] => {
      const unqualified = arn.split(':').slice(0, 7).join(':')
      const policies = [resourcePolicies.get(unqualified), resourcePolicies.get(arn)].flatMap((policy) => policy ?? [])
      const call = ask('lambda:InvokeFunction', arn)
      if (arn === unqualified || policies.length < 2) return [[call]]
      const both = { Version: '2012-10-17', Statement: policies.flatMap(({ Statement }) => Statement) }
      return [[call], [{ ...call, resourcePolicy: both }]]
    },
    onKey: (operation: string, context: RequestContext = {}): RequestedCall => [
      ask(`kms:${operation}`, keyArn, { ...onKey, ...context }),
    ],
    onProofKey: (operation: string): RequestedCall => [
      ask(`kms:${operation}`, proofKeyArn, { ...onKey, 'kms:ResourceAliases': ['alias/m2m-prod-proofs'] }),
    ],
    onListKey: (operation: string): RequestedCall => [
      ask(`kms:${operation}`, revocations.keyArn, { ...onKey, 'kms:ResourceAliases': ['alias/m2m-prod-revocations'] }),
    ],
    /** KMS hashes a text, or is given the hash. */
    sign: (arn: string, messageType: 'DIGEST' | 'RAW'): RequestedCall => [
      ask('kms:Sign', arn, {
        'kms:CallerAccount': CALLERS_ACCOUNT,
        'kms:MessageType': messageType,
        'kms:SigningAlgorithm': 'ECDSA_SHA_256',
      }),
    ],

    /** The SDK's plain call names neither version nor stage; whether IAM then sees AWSCURRENT or no key is undocumented. */
    plainRead: (arn: string): readonly RequestedCall[] => [
      read(arn, {}),
      read(arn, { 'secretsmanager:VersionStage': 'AWSCURRENT' }),
    ],
    read,

    write: (operation: string, arn: string): RequestedCall => [
      onSecret(operation, arn),
      keyFor('GenerateDataKey', arn),
      keyFor('Decrypt', arn),
    ],

    /** RotateSecret asks its caller for the function as well. Keys of what a request leaves out may be absent or filled in from the secret. */
    rotate: (arn: string): readonly RequestedCall[] => {
      const invoke = ask('lambda:InvokeFunction', functionArn('rotation'), { 'aws:ViaAWSService': 'true' })
      return [
        {},
        { 'secretsmanager:RotationLambdaARN': functionArn('rotation') },
        { 'secretsmanager:ModifyRotationRules': 'false' },
        { 'secretsmanager:RotationLambdaARN': functionArn('rotation'), 'secretsmanager:ModifyRotationRules': 'false' },
      ].map((context) => [onSecret('RotateSecret', arn, context), invoke])
    },

    /** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html: both keys have many values. */
    say: (source: string, detailType: string): RequestedCall => [
      ask('events:PutEvents', here('events', 'event-bus/m2m-prod'), {
        'events:source': [source],
        'events:detail-type': [detailType],
        'events:eventBusInvocation': 'false',
      }),
    ],

    /** A bucket's policy speaks for its objects. */
    onObject: (operation: string, context: RequestContext = {}): RequestedCall => [
      ask(
        `s3:${operation}`,
        `arn:aws:s3:::${bucketName}/2026/forged.json`,
        { 's3:TlsVersion': '1.3', ...context },
        `arn:aws:s3:::${bucketName}`,
      ),
    ],
    onProof: (operation: string, context: RequestContext = {}): RequestedCall => [
      ask(
        `s3:${operation}`,
        `arn:aws:s3:::${bucketName}/proofs/prod/forged.jws`,
        { 's3:TlsVersion': '1.3', ...context },
        `arn:aws:s3:::${bucketName}`,
      ),
    ],
    onList: (operation: string, context: RequestContext = {}): RequestedCall => [
      ask(
        `s3:${operation}`,
        `arn:aws:s3:::${revocations.bucketName}/${REVOCATIONS_OBJECT}`,
        { 's3:TlsVersion': '1.3', ...context },
        `arn:aws:s3:::${revocations.bucketName}`,
      ),
    ],
    onBucket: (operation: string): RequestedCall => [
      ask(`s3:${operation}`, `arn:aws:s3:::${bucketName}`, { 's3:TlsVersion': '1.3' }),
    ],
  }
}

export type Requests = ReturnType<typeof requestsOf>
