// The secrets that a person stores before the first deployment: what each is, its format, and the command that creates it. One list for the
// functions, which say it when such a secret cannot be read, and for `m2m doctor --before-deploy`, which asks before anything is made.
// Pure, and holds no value.

type HandMadeKind = 'projectSecret' | 'workspaceKey' | 'signingSecret' | 'githubApp'

export interface HandMadeSecret {
  readonly kind: HandMadeKind
  /** As the configuration names it. */
  readonly name: string
  /** Of the Stytch project; for its own secret. */
  readonly projectId?: string
}

interface Description {
  readonly title: string
  /** The configuration's key. */
  readonly setting: string
  readonly format: string
  readonly docs: string
  /** Writes the value to the standard output, so that it enters neither the shell's history nor a process list. */
  readonly source: (secret: HandMadeSecret) => string
}

/** `read -rs` before it; printf is built into the shell. */
const pair = (first: string, firstValue: string, variable: string): string =>
  `read -rs ${variable}; printf '{"${first}":"%s","secret":"%s"}' ${firstValue} "$${variable}"`

const descriptions: Readonly<Record<HandMadeKind, Description>> = {
  projectSecret: {
    title: 'the Stytch project secret',
    setting: 'stytch.projectSecretName',
    format: '{"project_id": "…", "secret": "…"}',
    docs: 'docs/deploying.md, step 3',
    source: ({ projectId }) => pair('project_id', projectId ?? 'project-live-…', 'PROJECT_SECRET'),
  },
  workspaceKey: {
    title: 'the Stytch workspace key',
    setting: 'stytch.projectRotation.workspaceKeySecretName',
    format: '{"key_id": "…", "secret": "…"}',
    docs: 'docs/deploying.md, "The project secret"',
    source: () => pair('key_id', 'workspace-key-…', 'WORKSPACE_KEY'),
  },
  signingSecret: {
    title: "the detectors' signing secret",
    setting: 'incidents.intake.signingSecretName',
    format: '{"github": {"current": "…"}, "gitguardian": {"current": "…"}, "plain": {"current": "…"}}',
    docs: 'docs/incidents.md, "The signing secret"',
    source: () =>
      `node -e 'console.log(JSON.stringify({ plain: { current: require("crypto").randomBytes(32).toString("base64url") } }))'`,
  },
  githubApp: {
    title: "the GitHub App's key",
    setting: 'incidents.intake.githubAppSecretName',
    format: '{"app_id": "…", "private_key": "…"}',
    docs: 'docs/incidents.md, "The GitHub App"',
    source: () =>
      `node -e 'console.log(JSON.stringify({ app_id: process.argv[1], private_key: require("fs").readFileSync(0, "utf8") }))' 312845 < app.private-key.pem`,
  },
}

/** `the Stytch project secret stytch/m2m-prod` */
export const titleOf = ({ kind, name }: HandMadeSecret): string => `${descriptions[kind].title} ${name}`

export const settingOf = ({ kind }: HandMadeSecret): string => descriptions[kind].setting

export const formatOf = ({ kind }: HandMadeSecret): string => descriptions[kind].format

/** What to type, and where that is explained. */
export const creationOf = (secret: HandMadeSecret): string => {
  const { source, docs } = descriptions[secret.kind]
  return `${source(secret)} | aws secretsmanager create-secret --name ${secret.name} --secret-string file:///dev/stdin (${docs})`
}

/** What to do about Secrets Manager's refusal to hand it out; undefined for failures that pass. */
export const adviceFor = (secret: HandMadeSecret, errorName: string): string | undefined => {
  if (errorName === 'ResourceNotFoundException') return `create ${titleOf(secret)}: ${creationOf(secret)}`
  if (errorName === 'AccessDeniedException') {
    // The function is granted `<name>-??????`; of a secret that is not there AWS knows no six characters, and refuses before it looks.
    return `AWS answers the same when ${titleOf(secret)} does not exist. If so, create it: ${creationOf(secret)}; else see its resource policy, and whether ${keySettingOf(secret)} names its key`
  }
  if (errorName === 'InvalidRequestException') {
    return `if it is scheduled for deletion: aws secretsmanager restore-secret --secret-id ${secret.name}`
  }
  return undefined
}

export const keySettingOf = ({ kind }: HandMadeSecret): string => {
  switch (kind) {
    case 'projectSecret':
      return 'stytch.projectSecretKeyArn'
    case 'workspaceKey':
      return 'stytch.projectRotation.workspaceKeySecretKeyArn'
    case 'signingSecret':
    case 'githubApp':
      return 'incidents.intake.secretsKeyArn'
  }
}
