// KMS's Sign, GetPublicKey, ListAliases and what it shows of keys that are made at the start. What a caller asks of KMS besides is refused, not
// ignored: other curves, messages that KMS would hash itself, grants, dry runs. Errors are named as KMS names them.
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import type { PolicyDocument } from '../iam/policy.ts'
import { AwsFault, invalidInput } from './aws-fault.ts'
import { signDigest } from './ecdsa.ts'
import { type Body, type Input, readInput } from './input.ts'
import type { AwsOperations } from './operations.ts'

export interface KmsKeyInput {
  /** With its `alias/`. */
  readonly alias: string
  /** ENCRYPT_DECRYPT: a symmetric key, there to be refused. @default SIGN_VERIFY, over P-256 */
  readonly usage?: 'SIGN_VERIFY' | 'ENCRYPT_DECRYPT'
  /** Enforced where rights are. @default - the account's root may do everything */
  readonly policy?: PolicyDocument
  /** @default - a new one */
  readonly keyId?: string
  /** Of a symmetric key: its material is replaced every year. @default false */
  readonly isRotated?: boolean
  /** As KMS calls it; Sign goes on all the same. @default Enabled */
  readonly state?: 'Enabled' | 'Disabled' | 'PendingDeletion'
}

export interface KmsKey {
  readonly keyId: string
  readonly arn: string
  /** Empty: it has none. */
  readonly alias: string
  readonly aliasArn: string
  readonly usage: 'SIGN_VERIFY' | 'ENCRYPT_DECRYPT'
  /** SPKI in base64, as GetPublicKey answers; undefined = a symmetric key. */
  readonly publicKey: string | undefined
}

export interface Keys {
  readonly operations: AwsOperations
  /** Without anything private. */
  all(): readonly KmsKey[]
  /** By id, ARN or alias, with its policy. */
  find(keyId: string): (KmsKey & { readonly policy: PolicyDocument }) | undefined
  add(key: KmsKeyInput): KmsKey
  /** What it shows, its alias included; what is not named stays. */
  change(
    keyId: string,
    changes: Pick<KmsKeyInput, 'policy' | 'isRotated' | 'state'> & { readonly alias?: string },
  ): void
  remove(keyId: string): void
}

export interface KeysInput {
  readonly keys: readonly KmsKeyInput[]
  readonly region: string
  readonly accountId: string
}

interface KeyMaterial {
  readonly privateKey: Buffer
  /** SPKI, DER. */
  readonly publicKey: Buffer
}

interface HeldKey extends KmsKey {
  /** Undefined = a symmetric key. */
  readonly material: KeyMaterial | undefined
  readonly shown: Required<Pick<KmsKeyInput, 'policy' | 'isRotated' | 'state'>>
}

const ALGORITHM = 'ECDSA_SHA_256'
const SPEC = 'ECC_NIST_P256'
const DIGEST_BYTES = 32
const NOT_PLAYED = ['GrantTokens', 'DryRun']

const makeMaterial = (): KeyMaterial => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { d = '' } = privateKey.export({ format: 'jwk' })
  return { privateKey: Buffer.from(d, 'base64url'), publicKey: publicKey.export({ format: 'der', type: 'spki' }) }
}

const publicOf = ({ keyId, arn, alias, aliasArn, usage, publicKey }: HeldKey): KmsKey => ({
  keyId,
  arn,
  alias,
  aliasArn,
  usage,
  publicKey,
})

const readKeyId = (input: Input): string => {
  const keyId = input.requiredText('KeyId')
  for (const name of NOT_PLAYED) if (input.has(name)) throw invalidInput(`${name} is not played by this stand-in.`)
  return keyId
}

const readDigest = (input: Input): Buffer => {
  const type = input.text('MessageType') ?? 'RAW'
  const bytes = Buffer.from(input.requiredText('Message'), 'base64')
  if (type !== 'DIGEST') throw invalidInput(`MessageType ${type} is not played by this stand-in, only DIGEST.`)
  if (bytes.length !== DIGEST_BYTES) throw invalidInput(`Digest is invalid length for algorithm ${ALGORITHM}.`)
  return bytes
}

export const createKeys = ({ keys, region, accountId }: KeysInput): Keys => {
  const prefix = `arn:aws:kms:${region}:${accountId}:`
  const ownersAll = {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${accountId}:root` }, Action: 'kms:*', Resource: '*' },
    ],
  }
  const named = (alias: string) => ({ alias, aliasArn: alias === '' ? '' : `${prefix}${alias}` })
  const make = ({ alias, usage = 'SIGN_VERIFY', keyId = randomUUID(), ...given }: KmsKeyInput): HeldKey => {
    const material = usage === 'SIGN_VERIFY' ? makeMaterial() : undefined
    return {
      keyId,
      arn: `${prefix}key/${keyId}`,
      ...named(alias),
      usage,
      publicKey: material?.publicKey.toString('base64'),
      material,
      shown: { policy: ownersAll, isRotated: false, state: 'Enabled', ...given },
    }
  }
  let held: readonly HeldKey[] = keys.map(make)

  const find = (asked: string): HeldKey | undefined =>
    held.find(({ keyId, arn, alias, aliasArn }) => [keyId, arn, alias, aliasArn].includes(asked))

  /** @throws NotFoundException */
  const keyOf = (asked: string): HeldKey => {
    const key = find(asked)
    if (key !== undefined) return key
    const isAlias = /(^|:)alias\//.test(asked)
    const arn = asked.startsWith('arn:') ? asked : `${prefix}${isAlias ? asked : `key/${asked}`}`
    throw new AwsFault('NotFoundException', isAlias ? `Alias ${arn} is not found.` : `Key '${arn}' does not exist`)
  }

  const sign = (body: Body): object => {
    const input = readInput(body)
    const asked = readKeyId(input)
    const algorithm = input.requiredText('SigningAlgorithm')
    const { arn, usage, material } = keyOf(asked)
    if (material === undefined) {
      throw new AwsFault('InvalidKeyUsageException', `${arn} key usage is ${usage} which is not valid for Sign.`)
    }
    if (algorithm !== ALGORITHM) {
      throw new AwsFault('InvalidKeyUsageException', `Algorithm ${algorithm} is incompatible with key spec ${SPEC}.`)
    }
    const signature = signDigest(readDigest(readInput(body)), material.privateKey)
    return { KeyId: arn, Signature: signature.toString('base64'), SigningAlgorithm: algorithm }
  }

  const getPublicKey = (body: Body): object => {
    const input = readInput(body)
    const asked = readKeyId(input)
    const { arn, usage, material } = keyOf(asked)
    if (material === undefined) {
      throw new AwsFault('UnsupportedOperationException', `${arn} is a symmetric key: it has no public key.`)
    }
    return {
      KeyId: arn,
      PublicKey: material.publicKey.toString('base64'),
      CustomerMasterKeySpec: SPEC,
      KeySpec: SPEC,
      KeyUsage: usage,
      SigningAlgorithms: [ALGORITHM],
    }
  }

  const asked = (body: Body): HeldKey => {
    const input = readInput(body)
    return keyOf(readKeyId(input))
  }

  const describeKey = (body: Body): object => {
    const { arn, keyId, usage, shown } = asked(body)
    const KeyMetadata = { AWSAccountId: accountId, KeyId: keyId, Arn: arn, KeyUsage: usage, KeyState: shown.state }
    return { KeyMetadata: { ...KeyMetadata, Enabled: shown.state === 'Enabled' } }
  }

  /** Of a key, never of an alias. */
  const getKeyPolicy = (body: Body): object => {
    const { KeyId } = body
    if (typeof KeyId === 'string' && /(^|:)alias\//.test(KeyId)) {
      throw new AwsFault('InvalidArnException', `${KeyId} refers to an alias: expected a key`)
    }
    return { Policy: JSON.stringify(asked(body).shown.policy), PolicyName: 'default' }
  }

  const getKeyRotationStatus = (body: Body): object => {
    const { arn, material, shown } = asked(body)
    if (material !== undefined) {
      throw new AwsFault('UnsupportedOperationException', `${arn} is not symmetric: it is not rotated.`)
    }
    return { KeyId: arn, KeyRotationEnabled: shown.isRotated }
  }

  return {
    operations: {
      DescribeKey: describeKey,
      GetKeyPolicy: getKeyPolicy,
      GetKeyRotationStatus: getKeyRotationStatus,
      Sign: sign,
      GetPublicKey: getPublicKey,
      ListAliases: (body) => {
        const input = readInput(body)
        for (const name of ['KeyId', 'Limit', 'Marker']) {
          if (input.has(name)) throw invalidInput(`${name} is not played by this stand-in.`)
        }
        const aliased = held.filter(({ alias }) => alias !== '')
        const Aliases = aliased.map(({ alias, aliasArn, keyId }) => ({
          AliasName: alias,
          AliasArn: aliasArn,
          TargetKeyId: keyId,
        }))
        return { Aliases, Truncated: false }
      },
    },
    all: () => held.map(publicOf),
    find: (asked) => {
      const key = find(asked)
      return key === undefined ? undefined : { ...publicOf(key), policy: key.shown.policy }
    },
    add: (key) => {
      const made = make(key)
      held = [...held, made]
      return publicOf(made)
    },
    change: (keyId, { alias, ...changes }) => {
      held = held.map((key) =>
        key.keyId === keyId
          ? { ...key, ...(alias === undefined ? {} : named(alias)), shown: { ...key.shown, ...changes } }
          : key,
      )
    },
    remove: (keyId) => {
      held = held.filter((key) => key.keyId !== keyId)
    },
  }
}
