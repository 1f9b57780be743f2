import { htmlDocument } from '../render/html-document.ts'
import { type Markup, markup } from '../render/markup.ts'

/** The form that asks for the token; `isWrong` after a wrong one. */
export function loginPage({ isWrong }: { isWrong: boolean }): Markup {
  const body = markup`<body class="login">
<main>
<h1>Swarmwatch</h1>
<form method="post" action="login">
<label for="token">Token of this monitor</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus
 aria-describedby="token-note"${isWrong ? markup` aria-invalid="true"` : ''}>
<p id="token-note"${isWrong ? markup` class="wrong" role="alert"` : ''}>${
    isWrong
      ? 'That is not the token. It is what MONITOR_TOKEN holds.'
      : 'What MONITOR_TOKEN holds. It stays valid here for 12 hours.'
  }</p>
<button type="submit">Sign in</button>
</form>
</main>
</body>`
  return htmlDocument({ title: 'Sign in | Swarmwatch', body })
}
