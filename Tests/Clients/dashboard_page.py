"""What the tests of the dashboard have in common: where things are on the page, and how people act."""

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

LIVE = "document.querySelector('#state').dataset.state === 'live'"
ROWS = "document.querySelectorAll('#events .row:not(.mark)').length"
COUNT = "document.querySelector('#count').textContent"


def text(browser, selector):
    return browser.run("return document.querySelector(arguments[0])?.textContent", selector)


def texts(browser, selector):
    return browser.run(
        "return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)", selector)


def number(selector):
    """The script that counts elements."""
    return f"document.querySelectorAll({selector!r}).length"


def is_seen(browser, selector):
    return browser.run("return document.querySelector(arguments[0])?.checkVisibility() ?? false", selector)


def click(browser, selector):
    browser.driver.find_element(By.CSS_SELECTOR, selector).click()


def write(browser, selector, words):
    field = browser.driver.find_element(By.CSS_SELECTOR, selector)
    field.clear()
    field.send_keys(words)


def enter(browser, selector):
    browser.driver.find_element(By.CSS_SELECTOR, selector).send_keys(Keys.ENTER)


def only(browser, kind):
    """Presses the button that shows only this type, or all again."""
    browser.run("document.querySelector(`#types [data-type=${arguments[0]}] .only`).click()", kind)


def open_filter(browser):
    browser.run("document.querySelector('#filter-menu').open = true")


def reset(browser):
    browser.run("document.querySelector('#reset').click()")


def exported(browser):
    """The lines of the file that the export offers."""
    return browser.run("""
        const original = URL.createObjectURL;
        return new Promise((done) => {
            URL.createObjectURL = (blob) => { blob.text().then(done); return original.call(URL, blob); };
            document.querySelector("#export").click();
        });
    """).splitlines()


def press(browser, name):
    """Presses a button of the record that is open."""
    browser.run("[...document.querySelectorAll('#record button')].find((b) => b.textContent === arguments[0]).click()", name)


def press_in(browser, selector, name):
    """Presses a button inside an element."""
    browser.run("[...document.querySelectorAll(arguments[0] + ' button')].find((b) => b.textContent === arguments[1]).click()",
                selector, name)


def screen(browser, width, height=800, is_mobile=True):
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_mobile})


def close(browser):
    browser.driver.close()
    browser.driver.switch_to.window(browser.driver.window_handles[0])
