import type { Theme } from 'vitepress'
import DefaultTheme from 'vitepress/theme-without-fonts'
import './style.css'

const theme: Theme = {
  extends: DefaultTheme,
  enhanceApp({ router }) {
    if (typeof window === 'undefined') return
    // As in the HTML that config.ts writes, also when a reader comes back to the first page
    router.onAfterRouteChange = () => {
      requestAnimationFrame(() => document.querySelector('.VPHome')?.setAttribute('role', 'main'))
    }
  },
}
export default theme
