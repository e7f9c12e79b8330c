// A service control policy to attach to the account of a stage: it stops the account's own administrators from changing the stage's code,
// roles and policies, from deploying, and from reading what Stytch trusts. Policies inside of the account cannot do that, since whoever
// administers it can change them. It grants nothing, and neither service principals nor the organization's management account are bound by
// it. Printed by `npm run rights -- --scp` (docs/threat-model.md).

export interface ScpProps {
  readonly partition: string
  readonly account: string
  readonly region: string
  readonly stage: string
  /** `m2m/<stage>/` */
  readonly secretNamePrefix: string
  /** The role by which CloudFormation changes the stack. */
  readonly deployRoleArn: string
  /** Qualifier of `cdk bootstrap`, whose roles lead to the deploy role. @default - the CDK's own */
  readonly bootstrapQualifier?: string
  /** Roles of this account that may deploy: a pipeline's, a release engineer's. Those of other accounts are not bound by this policy. */
  readonly deployers: readonly string[]
  readonly breakGlass: readonly string[]
  /** They freeze and thaw. */
  readonly operators: readonly string[]
  /** More roles of this account that nobody but deployers may change or hand out: readers' own, for example. @default - none */
  readonly guardedRoles?: readonly string[]
  /** Names of the secrets that no policy of this stack guards: the project secret, the workspace key, the intake's. */
  readonly foreignSecretNames: readonly string[]
  /** The vendor's API: its id, or `*` for every one of account and Region while the id is not known. @default - there is no vendor */
  readonly restApi?: string
  /** A key that the stack did not make; absent: the stack's own, known by its alias. */
  readonly keyArn?: string
}

type Condition = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>

interface ScpStatement {
  readonly Sid: string
  readonly Effect: 'Deny'
  readonly Action?: readonly string[]
  readonly NotAction?: readonly string[]
  readonly Resource: '*' | readonly string[]
  readonly Condition: Condition
}

export interface ServiceControlPolicy {
  readonly Version: '2012-10-17'
  readonly Statement: readonly ScpStatement[]
}

/** https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html: characters of one policy. */
export const MAX_SCP_CHARACTERS = 5120

/** What anybody may still do with the stage's resources, as far as his own policies allow: look, and use them as they are meant to be. */
const LOOKING_AND_USING = [
  'apigateway:GET',
  'cloudformation:Describe*',
  'cloudformation:Detect*',
  'cloudformation:Get*',
  'cloudformation:List*',
  'cloudwatch:Describe*',
  'cloudwatch:Get*',
  'cloudwatch:List*',
  'dynamodb:Describe*',
  // Releasing what the intake holds; the table's own policy says who.
  'dynamodb:GetItem',
  'dynamodb:List*',
  'dynamodb:PutItem',
  'events:Describe*',
  'events:List*',
  'events:PutEvents',
  'iam:Generate*',
  'iam:Get*',
  'iam:List*',
  'iam:Simulate*',
  'lambda:Get*',
  'lambda:InvokeFunction',
  'lambda:List*',
  's3:Get*',
  's3:List*',
  'scheduler:Get*',
  'scheduler:List*',
  'sns:Get*',
  'sns:List*',
  // Dead letters are read, sent back and deleted by whoever has them to solve.
  'sqs:*Message*',
  'sqs:Get*',
  'sqs:List*',
  // Of the roles below only break-glass trusts people; who they are is for its own trust policy to say.
  'sts:*',
] as const

const OPENING_KEYS = [
  'kms:CreateGrant',
  'kms:Delete*',
  'kms:Disable*',
  'kms:PutKeyPolicy',
  'kms:Schedule*',
  'kms:UpdateAlias',
] as const

/** One place for the patterns of what a stage is made of: everything of the stack is called `m2m-<stage>…` (stage-names.ts). */
const stageResources = ({ partition, account, region, stage, restApi }: ScpProps): readonly string[] => {
  const name = `m2m-${stage}`
  const here = (service: string) => `arn:${partition}:${service}:${region}:${account}`
  return [
    `${here('cloudformation')}:stack/${name}/*`,
    `${here('lambda')}:function:${name}-*`,
    `${here('events')}:event-bus/${name}`,
    `${here('events')}:rule/${name}/*`,
    `${here('events')}:rule/${name}-*`,
    `${here('scheduler')}:schedule/*/${name}-*`,
    `${here('sns')}:${name}-*`,
    `${here('sqs')}:${name}-*`,
    `${here('cloudwatch')}:alarm:${name}-*`,
    `${here('dynamodb')}:table/${name}-*`,
    `${here('kms')}:alias/${name}`,
    `${here('kms')}:alias/${name}-*`,
    `arn:${partition}:s3:::${name}-*`,
    `arn:${partition}:iam::${account}:policy/${name}-*`,
    // API Gateway's ARNs hold no account and no name: methods, stages and deployments lie below the API's id.
    ...(restApi === undefined
      ? []
      : [`arn:${partition}:apigateway:${region}::/restapis/${restApi === '*' ? '' : restApi}*`]),
  ]
}

/** ARNs of this account: a role of another cannot be changed from here. */
const ofAccount = (arns: readonly string[], { account }: ScpProps): readonly string[] =>
  arns.filter((arn) => arn.split(':')[4] === account)

/** @throws when it is longer than AWS takes, saying what makes it so. */
export const serviceControlPolicy = (props: ScpProps): ServiceControlPolicy => {
  const { partition, account, region, stage, secretNamePrefix, bootstrapQualifier = 'hnb659fds' } = props
  const role = (name: string) => `arn:${partition}:iam::${account}:role/${name}`
  const secret = (name: string) => `arn:${partition}:secretsmanager:${region}:${account}:secret:${name}`
  const ownRoles = role(`m2m-${stage}-*`)
  const cdkRoles = role(`cdk-${bootstrapQualifier}-*`)
  const breakGlass = ofAccount(props.breakGlass, props)
  // The bootstrap's deploy role is one of its roles: a name less, seven times over.
  const isOfBootstrap = props.deployRoleArn.startsWith(cdkRoles.slice(0, -1))
  const deploying = isOfBootstrap ? [cdkRoles] : [props.deployRoleArn, cdkRoles]
  const named = [...new Set([...breakGlass, ...props.deployers])]
  const operators = ofAccount(props.operators, props)
  // Whoever may change such a role becomes it.
  const guarded = [...named, ...operators, ...ofAccount(props.guardedRoles ?? [], props)]
  const but = (...arns: readonly string[]): Condition => ({
    ArnNotLike: { 'aws:PrincipalArn': [...new Set(arns)].sort() },
  })
  const known = (...aliases: readonly string[]) => ({
    Resource: [`arn:${partition}:kms:${region}:${account}:key/*`],
    Condition: { ...but(...deploying, ...named), 'ForAnyValue:StringLike': { 'kms:ResourceAliases': aliases } },
  })
  // Of proofs and of the list of revocations.
  const signingAliases = `alias/m2m-${stage}-*`
  const guardedKeys =
    props.keyArn === undefined
      ? [{ Sid: 'OnlyDeploymentOpensKeys', ...known(`alias/m2m-${stage}`, signingAliases) }]
      : [
          { Sid: 'OnlyDeploymentOpensKeys', Resource: [props.keyArn], Condition: but(...deploying, ...named) },
          { Sid: 'OnlyDeploymentOpensSigningKeys', ...known(signingAliases) },
        ]
  const policy: ServiceControlPolicy = {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'OnlyDeploymentChangesTheStage',
        Effect: 'Deny',
        NotAction: LOOKING_AND_USING,
        // The roles too: passing one to a function of one's own is running code as it; changing who may assume it is becoming it.
        Resource: [...stageResources(props), ...new Set([ownRoles, ...deploying, ...guarded])],
        Condition: but(...deploying, ...named, ownRoles),
      },
      {
        // The bootstrap's roles deploy whatever they are given, and take assets from its bucket. Secrets: root as well, and one of somebody
        // else's making where the next client's is to stand.
        Sid: 'OnlyDeployersDeployAndOpenSecrets',
        Effect: 'Deny',
        Action: [
          's3:PutObject',
          'secretsmanager:CreateSecret',
          'secretsmanager:DeleteResourcePolicy',
          'secretsmanager:DeleteSecret',
          'secretsmanager:PutResourcePolicy',
          'sts:AssumeRole',
        ],
        Resource: [
          cdkRoles,
          `arn:${partition}:s3:::cdk-${bootstrapQualifier}-assets-*/*`,
          secret(`${secretNamePrefix}*`),
        ],
        Condition: but(...deploying, ...named, ownRoles),
      },
      {
        // EventBridge knows no resource for these, so that a bus cannot guard its own policy.
        Sid: 'OnlyDeploymentOpensBuses',
        Effect: 'Deny',
        Action: ['events:PutPermission', 'events:RemovePermission'],
        Resource: '*',
        Condition: but(...deploying, ...named),
      },
      ...guardedKeys.map(({ Sid, Resource, Condition }) => ({
        Sid,
        Effect: 'Deny' as const,
        Action: OPENING_KEYS,
        Resource,
        Condition,
      })),
      {
        Sid: 'OnlyTheStageReadsWhatStytchTrusts',
        Effect: 'Deny',
        NotAction: ['secretsmanager:Describe*', 'secretsmanager:List*', 'secretsmanager:GetResourcePolicy'],
        Resource: props.foreignSecretNames.map((name) => secret(`${name}-??????`)),
        Condition: but(...deploying, ...named, ownRoles),
      },
      {
        // The functions' own policies leave the root user a way in, since it can change them.
        Sid: 'RootCallsNoFunction',
        Effect: 'Deny',
        Action: ['lambda:InvokeFunction'],
        Resource: [`arn:${partition}:lambda:${region}:${account}:function:m2m-${stage}-*`],
        Condition: { ArnEquals: { 'aws:PrincipalArn': `arn:${partition}:iam::${account}:root` } },
      },
      {
        Sid: 'OnlyOperatorsFreeze',
        Effect: 'Deny',
        Action: ['ssm:DeleteParameter*', 'ssm:LabelParameterVersion', 'ssm:PutParameter'],
        // The freeze, and what operators want of campaigns.
        Resource: [`arn:${partition}:ssm:${region}:${account}:parameter/m2m/${stage}/*`],
        Condition: but(...deploying, ...named, ...operators),
      },
    ],
  }
  const { length } = JSON.stringify(policy)
  if (length > MAX_SCP_CHARACTERS) {
    throw new Error(
      `The service control policy has ${length} of ${MAX_SCP_CHARACTERS} characters: name fewer operators, or one role that they assume.`,
    )
  }
  return policy
}
