// What one setting may look like, each with what would be accepted, in words.
import { isSecretName } from '../../lambda/core/secret/secret-name.ts'
import { isStageName, STAGE_RULE } from '../../lambda/core/secret/stage-name.ts'
import { roleArnShape, tagKeyShape } from './client-config.ts'
import { matching, type Shape } from './config-place.ts'

const KEY_ARN = /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]{1,128}$/
const POLICY_ARN = /^arn:aws[a-z-]*:iam::(\d{12}|aws):policy\/[\w+=,.@/-]{1,512}$/
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/
const PROJECT_ID = /^project-(live|test)-[A-Za-z0-9-]+$/
const REGION = /^[a-z]{2}(-[a-z]+)+-\d$/

export const shapes = {
  stage: { expected: STAGE_RULE, fits: isStageName },
  projectId: matching(PROJECT_ID, 'project-live-… or project-test-…'),
  secretName: { expected: 'the name of a Secrets Manager secret, such as "stytch/m2m-project"', fits: isSecretName },
  slug: matching(/^[A-Za-z0-9_-]{1,128}$/, 'a slug of the Management API: letters, digits, _ and -'),
  namePrefix: matching(/^[a-zA-Z0-9_+=.@-]{1,32}$/, 'one path segment of at most 32 characters, such as "m2m"'),
  keyArn: matching(KEY_ARN, "a KMS key's ARN, arn:aws:kms:<region>:<account>:key/<id>"),
  monitoringKey: {
    expected: '"create", or a KMS key\'s ARN, arn:aws:kms:<region>:<account>:key/<id>',
    fits: (value: string) => value === 'create' || KEY_ARN.test(value),
  },
  roleArn: roleArnShape,
  policyArn: matching(POLICY_ARN, "a managed policy's ARN, arn:aws:iam::<account>:policy/<name>"),
  email: matching(EMAIL, 'an e-mail address, such as "oncall@example.com"'),
  reason: matching(/\S.{7,}/, 'a sentence of at least eight characters that says why'),
  httpsUrl: {
    expected: 'an https URL',
    fits: (value: string) => URL.canParse(value) && new URL(value).protocol === 'https:',
  },
  region: matching(REGION, 'a Region, such as "eu-west-1"'),
  account: matching(/^\d{12}$/, 'twelve digits'),
  organization: matching(/^o-[a-z0-9]{10,32}$/, "an organization's id, o-…"),
  subnetId: matching(/^subnet-[0-9a-f]{8,17}$/, 'subnet-…'),
  securityGroupId: matching(/^sg-[0-9a-f]{8,17}$/, 'sg-…'),
  cron: matching(/\S/, 'cron(0 <hour> <day of month> <month> <day of week> *)'),
  tagKey: tagKeyShape,
  webAclArn: matching(
    /^arn:aws[a-z-]*:wafv2:[a-z0-9-]+:\d{12}:regional\/webacl\/[\w-]+\/[\w-]+$/,
    "a regional web ACL's ARN, arn:aws:wafv2:<region>:<account>:regional/webacl/<name>/<id>",
  ),
} satisfies Record<string, Shape>
